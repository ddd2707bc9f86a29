"""The bubblewrap command line: protection is exactly these arguments, so they are built here, purely, and nowhere else.

No text of a spec is ever an option or a path of this list: files arrive in folders that the supervisor made, variables
are validated names after `--setenv`, and the command follows `--`.
"""

from __future__ import annotations

from dataclasses import dataclass

_ISOLATION = (
    "--unshare-all",
    "--unshare-user",
    "--unshare-cgroup",
    "--die-with-parent",
    "--new-session",
    "--cap-drop",
    "ALL",
    "--uid",
    "1000",
    "--gid",
    "1000",
    "--hostname",
    "sandbox",
    "--clearenv",
)
_DEVICES = ("null", "zero", "random", "urandom")
NAMESPACES = ("user", "mount", "pid", "network", "ipc", "uts", "cgroup")


@dataclass(frozen=True, slots=True)
class Folders:
    """What the supervisor staged, by absolute path; `system` pairs a source with where it appears, read-only."""

    system: tuple[tuple[str, str], ...]
    job: str
    outputs: str
    scratch: str
    shared_memory: str


def command_line(
    bwrap: str,
    folders: Folders,
    environment: tuple[tuple[str, str], ...],
    argv: tuple[str, ...],
    seccomp_fd: int,
    gate_fd: int,
) -> list[str]:
    """Return the whole command line; there is no /proc and no /sys in what it starts.

    bubblewrap reads one byte from `gate_fd` when all is set up.
    """
    line = [bwrap, *_ISOLATION]
    for source, target in folders.system:
        line += ["--ro-bind", source, target]
    for device in _DEVICES:
        line += ["--dev-bind", f"/dev/{device}", f"/dev/{device}"]
    line += ["--bind", folders.shared_memory, "/dev/shm", "--bind", folders.scratch, "/tmp"]
    line += ["--ro-bind", folders.job, "/job", "--bind", folders.outputs, "/outputs"]
    for name, value in environment:
        line += ["--setenv", name, value]
    line += ["--chdir", "/", "--seccomp", str(seccomp_fd), "--block-fd", str(gate_fd)]
    return [*line, "--", *argv]
