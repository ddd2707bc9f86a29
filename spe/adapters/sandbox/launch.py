"""Starting bubblewrap: limits, cgroups and descriptors are set in the child just before it becomes bubblewrap."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
from contextlib import suppress
from dataclasses import dataclass

from spe.adapters.sandbox import kernel

_MOST_DESCRIPTORS = 1 << 16
_YIELDS = 10  # what a run computes must not make the machine's other work wait; no run may lower it again
_LEVELS = (
    ("memory", resource.RLIMIT_AS),
    ("file", resource.RLIMIT_FSIZE),
    ("open_files", resource.RLIMIT_NOFILE),
    ("processes", resource.RLIMIT_NPROC),
)


@dataclass(frozen=True, slots=True)
class Launch:
    """A child that waits to become bubblewrap: a pidfd, the reading ends of what it will write, where to tell it how.

    `proc` is /proc as it was before the child put its own there: this one knows `pid`. `gate` is our end of a socket that holds one byte, which bubblewrap takes when all namespaces, mounts and capabilities
    are as they should be; it ends in an orderly way only when that byte was taken. What runs inside never has the other end.
    """

    pid: int
    pidfd: int
    stdout: int
    stderr: int
    gate: int
    proc: int
    command: int
    filter_fd: int
    gate_fd: int


def prepare(seccomp: bytes, joins: list[int]) -> Launch:
    """Fork the child ahead of its job, already in its control groups; `joins` are open cgroup.procs files.

    Forking and joining take longer than all else together, so they happen before anybody waits for a run.
    """
    filter_read, filter_write = os.pipe()
    os.write(filter_write, seccomp)
    os.close(filter_write)
    command, command_write = os.pipe()
    stdout, out = os.pipe()
    stderr, error = os.pipe()
    gate, gate_inside = (end.detach() for end in socket.socketpair())
    os.write(gate, b"g")
    nothing = os.open("/dev/null", os.O_RDONLY)
    proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY)
    pid = os.fork()
    if pid == 0:
        os.close(command_write)
        _become(command, joins, (nothing, out, error), (filter_read, gate_inside))
    for end in (filter_read, out, error, gate_inside, nothing, command, *joins):
        os.close(end)
    for end in (stdout, stderr, gate):
        os.set_blocking(end, False)
    return Launch(
        pid, os.pidfd_open(pid), stdout, stderr, gate, proc, command_write, filter_read, gate_inside
    )


def go(launch: Launch, line: list[str], limits: dict[str, int]) -> None:
    """Have the waiting child become the command `line` under `limits`; raises `OSError` when it is gone."""
    with open(launch.command, "wb") as command:
        command.write(json.dumps([line, limits]).encode())


def _become(command: int, joins: list[int], streams: tuple[int, int, int], kept: tuple[int, int]) -> None:
    """Turn this forked child into bubblewrap; it leaves with 127 when it can't, and never returns."""
    try:
        kernel.die_with_parent(signal.SIGKILL)
        os.nice(_YIELDS)
        for target, source in enumerate(streams):
            os.dup2(source, target)
        for descriptor in kept:
            os.set_inheritable(descriptor, True)
        for join in joins:
            os.write(join, b"0")
        _own_proc()
        with open(command, "rb") as told:
            line, limits = json.loads(told.read())
        _keep_only(kept)
        for name, level in _LEVELS:
            _limit(level, limits[name])
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        os.execve(line[0], line, {})
    except OSError as cause:
        os.write(2, f"spe: bubblewrap can't be started: {cause}\n".encode())
    finally:
        os._exit(127)


def _own_proc() -> None:
    """Put the /proc of the run's own pid namespace in place: bubblewrap looks its child up there by number.

    Where a container masks parts of /proc the kernel gives no other one; the old one does if it has that number by chance.
    """
    with suppress(PermissionError):
        kernel.mount("proc", "/proc", "proc", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC)


def _keep_only(kept: tuple[int, int]) -> None:
    """Close all descriptors but the standard ones and `kept`, whatever anybody forgot to mark."""
    low, high = sorted(kept)
    os.closerange(3, low)
    os.closerange(low + 1, high)
    os.closerange(high + 1, _MOST_DESCRIPTORS)


def _limit(level: int, wanted: int) -> None:
    """Set soft and hard limit, never above the hard limit that is already there; 0 leaves it alone."""
    hard = resource.getrlimit(level)[1]
    if wanted == 0:
        return
    value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(level, (value, value))
