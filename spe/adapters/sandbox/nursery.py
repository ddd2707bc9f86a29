"""Keeps one zygote alive for the worker and hands it the descriptors of each run."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from spe.adapters.sandbox import cgroups, frames
from spe.adapters.sandbox.cgroups import Group
from spe.errors import SpeError, Unreachable

_PACKAGE_ROOT = Path(__file__).resolve().parents[3]
_START = "import sys;sys.path.insert(0,sys.argv.pop(1));from spe.adapters.sandbox.zygote import main;main()"


@dataclass(frozen=True, slots=True)
class Place:
    """A supervisor that waits for a job on `runtime`: our end of its channel, and its control groups."""

    channel: socket.socket
    groups: tuple[Group, ...]
    runtime: Path | None
    mark: tuple[int, ...]

    def leave(self) -> None:
        """End whatever is there and remove the control groups."""
        self.channel.close()
        for group in self.groups:
            group.remove()


def _mark(runtime: Path | None) -> tuple[int, ...]:
    """Return what tells one folder from another that was put in its place."""
    if runtime is None:
        return ()
    try:
        found = runtime.stat()
    except OSError as cause:
        raise Unreachable(f"the runtime is not there: {cause}") from None
    return (found.st_dev, found.st_ino, found.st_ctime_ns)


class Nursery:
    """Owns the zygote process and one supervisor that is ready before it is needed; thread-safe."""

    def __init__(self, *, control_groups: bool) -> None:
        self._control_groups = control_groups
        self._spare: Place | None = None
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def take(self, runtime: Path | None) -> Place:
        """Return a place on `runtime`: the one that is ready, or else a new one; raises `Unreachable`."""
        mark = _mark(runtime)
        with self._lock:
            spare, self._spare = self._spare, None
            alive = self._process is not None and self._process.poll() is None
        if spare is not None:
            if alive and (spare.runtime, spare.mark) == (runtime, mark):
                return spare
            spare.leave()
        return self._new(runtime, mark)

    def get_ready(self, runtime: Path | None) -> None:
        """Have one place ready for the next run on `runtime`; a failure shows when it's needed."""
        with suppress(SpeError, OSError):
            place: Place | None = self._new(runtime, _mark(runtime))
            with self._lock:
                if self._spare is None and self._process is not None:
                    self._spare, place = place, None
            if place is not None:
                place.leave()

    def _new(self, runtime: Path | None, mark: tuple[int, ...]) -> Place:
        groups = cgroups.make(_membership()) if self._control_groups else ()
        ours, theirs = socket.socketpair()
        place = Place(ours, groups, runtime, mark)
        try:
            with theirs:
                self._deliver(theirs, groups)
            facts = {"runtime": None if runtime is None else os.fspath(runtime.absolute())}
            frames.send(ours, frames.PREPARE, json.dumps(facts).encode())
        except OSError as cause:
            place.leave()
            raise Unreachable(f"the sandbox's supervisor can't be started: {cause}") from None
        return place

    def _deliver(self, channel: socket.socket, groups: Sequence[Group]) -> None:
        joins: list[int] = []
        try:
            joins += (group.join() for group in groups)
            with self._lock:
                self._send([channel.fileno(), *joins])
        finally:
            for join in joins:
                os.close(join)

    def _send(self, descriptors: list[int]) -> None:
        if self._process is not None and self._process.poll() is not None:
            self._forget()
        if self._control is None:
            self._control, self._process = _start()
        socket.send_fds(self._control, [b"r"], descriptors)

    def _forget(self) -> None:
        if self._control is not None:
            self._control.close()
        self._control = self._process = None

    def close(self) -> None:
        """End the zygote and wait for it."""
        with self._lock:
            process, spare, self._spare = self._process, self._spare, None
            self._forget()
        if spare is not None:
            spare.leave()
        if process is not None:
            process.wait(timeout=10)


def _membership() -> str:
    try:
        return Path("/proc/self/cgroup").read_text()
    except OSError:
        return ""


def _start() -> tuple[socket.socket, subprocess.Popen[bytes]]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        line = [sys.executable, "-I", "-S", "-c", _START, str(_PACKAGE_ROOT), str(theirs.fileno())]
        try:
            process = subprocess.Popen(
                line,
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                cwd="/",
                env={"PATH": "/usr/bin:/bin"},
            )
        except OSError:
            ours.close()
            raise
    return ours, process
