"""The bubblewrap command line: built here, purely, and nowhere else.

No text of a spec is ever an option or a path of this list: files arrive in folders that the supervisor made, variables
are validated names after `--setenv`, and the command follows `--`. What takes the kernel long and needs no job is made ahead
of it and inherited: the network and ipc namespaces, and the read-only tree that becomes the root (`stage`).
"""

from __future__ import annotations

_ISOLATION = (
    "--unshare-user",
    "--unshare-pid",
    "--unshare-uts",
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
NAMESPACES = ("user", "mount", "pid", "network", "ipc", "uts", "cgroup")


def command_line(
    bwrap: str,
    root: str,
    environment: tuple[tuple[str, str], ...],
    argv: tuple[str, ...],
    seccomp_fd: int,
    gate_fd: int,
) -> list[str]:
    """Return the whole command line; there is no /proc and no /sys in what it starts.

    `root` is the staged tree: each mount in it is already as narrow as it must be, and bubblewrap only adds nosuid. It reads
    one byte from `gate_fd` when all is set up.
    """
    line = [bwrap, *_ISOLATION, "--dev-bind", root, "/"]
    for name, value in environment:
        line += ["--setenv", name, value]
    line += ["--chdir", "/", "--seccomp", str(seccomp_fd), "--block-fd", str(gate_fd)]
    return [*line, "--", *argv]
