"""Watching one run until it ends, meets a limit or is stopped; what it writes to its streams is bounded."""

from __future__ import annotations

import json
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
    """How it ended: `exited`, `failed_to_start`, `timed_out`, `stopped` or `memory`."""

    cause: str = "exited"
    exit_code: int | None = None
    seconds: float = 0.0
    stdout: Stream = field(default_factory=Stream)
    stderr: Stream = field(default_factory=Stream)
    status: Stream = field(default_factory=Stream)


def watch(launch: Launch, channel: socket.socket, wall_seconds: float, watch_bytes: int) -> End:
    """Return when every process of the run is dead; `watch_bytes` over 0 bounds the memory of all of them together."""
    end, began = End(), time.monotonic()
    streams = {launch.stdout: end.stdout, launch.stderr: end.stderr, launch.status: end.status}
    poll = select.poll()
    for descriptor in (*streams, launch.pidfd, channel.fileno()):
        poll.register(descriptor, select.POLLIN)
    cause, look = None, began + _GLANCE_SECONDS if watch_bytes else began + wall_seconds
    while cause is None:
        pause = min(look, began + wall_seconds) - time.monotonic()
        cause = _take_events(launch, streams, poll, max(0.0, pause))
        if cause is None and time.monotonic() >= began + wall_seconds:
            cause = "timed_out"
        if cause is None and time.monotonic() >= look:
            cause = "memory" if private_bytes(launch.pid) > watch_bytes else None
            look = time.monotonic() + _GLANCE_SECONDS
    _finish(launch, end, cause)
    for descriptor, stream in streams.items():
        _drain(descriptor, stream, None)
    end.seconds = time.monotonic() - began
    _read_status(end)
    return end


def _take_events(launch: Launch, streams: dict[int, Stream], poll: select.poll, pause: float) -> str | None:
    """Read what came within `pause` seconds; return `exited` or `stopped` when that came."""
    cause = None
    for descriptor, _ in poll.poll(pause * 1000):
        if descriptor == launch.pidfd:
            cause = "exited"
        elif descriptor not in streams:
            cause = cause or "stopped"
        else:
            first = descriptor == launch.status and not streams[descriptor].total
            _drain(descriptor, streams[descriptor], poll)
            if first:
                _hold_mounts(launch.pid)
    return cause


def _hold_mounts(pid: int) -> None:
    """Keep the sandbox's mount namespace until this process ends.

    The kernel takes milliseconds to take its mounts down, and would do so before the last process counts as dead: so the
    run's outputs would wait for it. Where it can't be held they do.
    """
    with suppress(OSError), open(f"/proc/{pid}/task/{pid}/children") as file:
        for child in file.read().split():
            os.open(f"/proc/{child}/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)


def _finish(launch: Launch, end: End, cause: str) -> None:
    """Kill process 1 of the run's pid namespace; the wait returns only after the kernel ended all others in it."""
    if cause != "exited":
        signal.pidfd_send_signal(launch.pidfd, signal.SIGKILL)
    os.waitpid(launch.pid, 0)
    end.cause = cause


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


def _read_status(end: End) -> None:
    """Bubblewrap writes `exit-code` only when the command really ran: its own failure is never taken for the command's."""
    for line in end.status.last.splitlines():
        code = json.loads(line).get("exit-code")
        if isinstance(code, int):
            end.exit_code = code
    if end.cause == "exited" and end.exit_code is None:
        end.cause = "failed_to_start"


def private_bytes(pid: int) -> int:
    """Return the memory that `pid` and all its descendants hold for themselves; what vanished meanwhile counts as 0."""
    total, waiting = 0, [pid]
    while waiting:
        one = waiting.pop()
        try:
            with open(f"/proc/{one}/statm") as file:
                _, resident, shared = file.read().split()[:3]
            total += (int(resident) - int(shared)) * os.sysconf("SC_PAGESIZE")
            for task in os.listdir(f"/proc/{one}/task"):
                with open(f"/proc/{one}/task/{task}/children") as file:
                    waiting += map(int, file.read().split())
        except (OSError, ValueError):
            continue
    return total
