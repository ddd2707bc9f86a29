"""Watching one run until it ends, meets a limit or is stopped; what it writes to its streams is bounded."""

from __future__ import annotations

import os
import select
import signal
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field

from spe.adapters.sandbox.launch import Launch

_TAIL = 16 * 1024
_READ = 64 * 1024
_GLANCE_SECONDS = 0.05


@dataclass(slots=True)
class Stream:
    """The last 16 KiB of a stream and how much it carried in all."""

    last: bytes = b""
    total: int = 0

    def take(self, chunk: bytes) -> None:
        """Keep the tail of what came so far."""
        self.total += len(chunk)
        self.last = (self.last + chunk)[-_TAIL:]


@dataclass(slots=True)
class End:
    """How it ended: `exited`, `failed_to_start`, `timed_out`, `stopped` or `memory`; and the most tasks seen at a glance."""

    cause: str = "exited"
    exit_code: int | None = None
    seconds: float = 0.0
    most_tasks: int = 0
    stdout: Stream = field(default_factory=Stream)
    stderr: Stream = field(default_factory=Stream)


def watch(
    launch: Launch, channel: socket.socket, wall_seconds: float, watch_bytes: int, *, count: bool
) -> End:
    """Return when every process of the run is dead; `watch_bytes` over 0 bounds the memory of all of them together.

    With `count` it also notes how many processes and threads there were at once, as far as a glance now and then can tell.
    """
    end, began = End(), time.monotonic()
    streams = {launch.stdout: end.stdout, launch.stderr: end.stderr}
    poll = select.poll()
    for descriptor in (*streams, launch.pidfd, launch.gate, channel.fileno()):
        poll.register(descriptor, select.POLLIN)
    cause, look = None, began + (_GLANCE_SECONDS if watch_bytes or count else wall_seconds)
    while cause is None:
        pause = min(look, began + wall_seconds) - time.monotonic()
        cause = _take_events(launch, streams, poll, max(0.0, pause))
        if cause is None and time.monotonic() >= began + wall_seconds:
            cause = "timed_out"
        if cause is None and time.monotonic() >= look:
            held, tasks = footprint(launch.pid, launch.proc)
            end.most_tasks = max(end.most_tasks, tasks)
            cause = "memory" if 0 < watch_bytes < held else None
            look = time.monotonic() + _GLANCE_SECONDS
    _finish(launch, end, cause)
    for descriptor, stream in streams.items():
        _drain(descriptor, stream, None)
    end.seconds = time.monotonic() - began
    return end


def _take_events(launch: Launch, streams: dict[int, Stream], poll: select.poll, pause: float) -> str | None:
    """Read what came within `pause` seconds; return `exited` or `stopped` when that came."""
    cause = None
    for descriptor, _ in poll.poll(pause * 1000):
        if descriptor == launch.pidfd:
            cause = "exited"
        elif descriptor == launch.gate:
            poll.unregister(descriptor)
            _hold_mounts(launch)
        elif descriptor in streams:
            _drain(descriptor, streams[descriptor], poll)
        else:
            cause = cause or "stopped"
    return cause


def _hold_mounts(launch: Launch) -> None:
    """Keep the sandbox's mount namespace until this process ends.

    The kernel takes milliseconds to take its mounts down, and would do so before the last process counts as dead: so the
    run's outputs would wait for it. Where it can't be held they do.
    """
    with suppress(OSError):
        for child in _read(launch.proc, f"{launch.pid}/task/{launch.pid}/children").split():
            os.open(f"{child}/ns/mnt", os.O_RDONLY | os.O_CLOEXEC, dir_fd=launch.proc)


def _finish(launch: Launch, end: End, cause: str) -> None:
    """Kill process 1 of the run's pid namespace; the wait returns only after the kernel ended all others in it.

    bubblewrap ends as its command did, but 1 may also be its own failure: that is told apart by the gate alone.
    """
    if cause != "exited":
        signal.pidfd_send_signal(launch.pidfd, signal.SIGKILL)
    status = os.waitpid(launch.pid, 0)[1]
    began = _passed(launch.gate)
    end.exit_code = os.WEXITSTATUS(status) if began and os.WIFEXITED(status) else None
    end.cause = cause if began or cause != "exited" else "failed_to_start"


def _passed(gate: int) -> bool:
    """Say whether bubblewrap took the byte; a socket that is closed with unread bytes resets its other end (unix(7))."""
    try:
        return os.read(gate, 1) == b""
    except ConnectionResetError:
        return False


def _drain(descriptor: int, stream: Stream, poll: select.poll | None) -> None:
    """Read once while it runs, everything that is left once it's over (a pipe holds 64 KiB at most)."""
    while True:
        try:
            chunk = os.read(descriptor, _READ)
        except BlockingIOError:
            return
        if not chunk:
            if poll is not None:
                poll.unregister(descriptor)
            return
        stream.take(chunk)
        if poll is not None:
            return


def footprint(pid: int, proc: int) -> tuple[int, int]:
    """Return the bytes that `pid` and all its descendants hold for themselves, and their threads; what vanished counts as 0.

    `proc` is a descriptor on the /proc that knows `pid`.
    """
    total, threads, waiting = 0, 0, [str(pid)]
    while waiting:
        one = waiting.pop()
        try:
            _, resident, shared = _read(proc, f"{one}/statm").split()[:3]
            total += (int(resident) - int(shared)) * os.sysconf("SC_PAGESIZE")
            for task in _tasks(proc, one):
                threads += 1
                waiting += _read(proc, f"{one}/task/{task}/children").split()
        except (OSError, ValueError):
            continue
    return total, threads


def _tasks(proc: int, pid: str) -> list[str]:
    folder = os.open(f"{pid}/task", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=proc)
    try:
        return os.listdir(folder)
    finally:
        os.close(folder)


def _read(proc: int, path: str) -> str:
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC, dir_fd=proc)
    try:
        return b"".join(iter(lambda: os.read(file, _READ), b"")).decode()
    finally:
        os.close(file)
