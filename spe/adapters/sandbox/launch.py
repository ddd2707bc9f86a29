"""Starting bubblewrap: limits, cgroups and descriptors are set in the child just before it becomes bubblewrap."""

from __future__ import annotations

import json
import os
import resource
import signal
from dataclasses import dataclass

from spe.adapters.sandbox import kernel

_MOST_DESCRIPTORS = 1 << 16
_LEVELS = (
    ("memory", resource.RLIMIT_AS),
    ("file", resource.RLIMIT_FSIZE),
    ("open_files", resource.RLIMIT_NOFILE),
    ("processes", resource.RLIMIT_NPROC),
)


@dataclass(frozen=True, slots=True)
class Launch:
    """A child that waits to become bubblewrap: a pidfd, the reading ends of what it will write, where to tell it how."""

    pid: int
    pidfd: int
    stdout: int
    stderr: int
    status: int
    command: int
    filter_fd: int
    status_fd: int


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
    status, status_write = os.pipe()
    nothing = os.open("/dev/null", os.O_RDONLY)
    pid = os.fork()
    if pid == 0:
        os.close(command_write)
        _become(command, joins, (nothing, out, error), (filter_read, status_write))
    for end in (filter_read, out, error, status_write, nothing, command, *joins):
        os.close(end)
    for end in (stdout, stderr, status):
        os.set_blocking(end, False)
    return Launch(pid, os.pidfd_open(pid), stdout, stderr, status, command_write, filter_read, status_write)


def go(launch: Launch, line: list[str], limits: dict[str, int]) -> None:
    """Have the waiting child become the command `line` under `limits`; raises `OSError` when it is gone."""
    with open(launch.command, "wb") as command:
        command.write(json.dumps([line, limits]).encode())


def _become(command: int, joins: list[int], streams: tuple[int, int, int], kept: tuple[int, int]) -> None:
    """Turn this forked child into bubblewrap; it leaves with 127 when it can't, and never returns."""
    try:
        kernel.die_with_parent(signal.SIGKILL)
        for target, source in enumerate(streams):
            os.dup2(source, target)
        for descriptor in kept:
            os.set_inheritable(descriptor, True)
        for join in joins:
            os.write(join, b"0")
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
