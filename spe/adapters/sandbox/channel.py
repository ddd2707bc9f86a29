"""The worker's end of a run's socket: sends, receives within bounds, and looks at the stop event while it waits."""

from __future__ import annotations

import json
import select
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from spe.adapters.sandbox import frames
from spe.workspace.sandbox import SandboxSpec

_GLANCE_MILLISECONDS = 20
_MOST_CHUNK = 1 << 18


class Stopped(Exception):
    """The stop event was set while the job was being sent; never leaves this package."""


@dataclass(slots=True)
class Answer:
    """What the supervisor said; `failure` is set when no run took place."""

    outputs: dict[str, bytes] = field(default_factory=dict)
    stdout: bytes = b""
    stderr: bytes = b""
    facts: dict[str, Any] = field(default_factory=dict)
    failure: dict[str, Any] | None = None


class Channel:
    """One run's conversation; `stop()` is all it takes to end every process of the run."""

    def __init__(self, connection: socket.socket, stop: Event) -> None:
        self._connection = connection
        self._stop = stop

    def send(self, kind: bytes, payload: bytes | memoryview) -> None:
        """Send one frame; raises `Stopped` when the event is set, `OSError` when the supervisor is gone."""
        if self._stop.is_set():
            raise Stopped
        frames.send(self._connection, kind, payload)

    def send_bytes(self, chunk: bytes) -> None:
        """Send a chunk of a file, in frames."""
        view = memoryview(chunk)
        for start in range(0, len(view), _MOST_CHUNK):
            self.send(frames.BYTES, view[start : start + _MOST_CHUNK])

    def stop(self) -> None:
        """Tell the supervisor to end the run: it sees the end of the stream."""
        with suppress(OSError):  # it is gone already, and the run with it
            self._connection.shutdown(socket.SHUT_WR)

    def answer(self, spec: SandboxSpec) -> Answer:
        """Return what came back, never more than the spec declares; a supervisor that dies is a failure."""
        answer, most = Answer(), {file.name: file.max_bytes for file in spec.outputs}
        try:
            while not answer.facts and answer.failure is None:
                self._take(answer, most)
        except (frames.BrokenFrame, OSError, KeyError, ValueError) as cause:
            answer.failure = {"step": "supervisor", "message": f"it ended without a result: {cause}"}
        return answer

    def _take(self, answer: Answer, most: dict[str, int]) -> None:
        kind, payload = self._receive()
        if kind == frames.OUTPUT:
            head = json.loads(payload)
            name, size = head["name"], int(head["size"])
            if not 0 <= size <= most.pop(name):
                raise frames.BrokenFrame("an output is larger than declared")
            answer.outputs[name] = self._content(size)
        elif kind == frames.STDOUT:
            answer.stdout = payload
        elif kind == frames.STDERR:
            answer.stderr = payload
        elif kind == frames.DONE:
            answer.facts = json.loads(payload)
        else:
            answer.failure = json.loads(payload)

    def _content(self, size: int) -> bytes:
        content = bytearray()
        while len(content) < size:
            content += self._receive()[1]
        if len(content) != size:
            raise frames.BrokenFrame("an output is not of its size")
        return bytes(content)

    def _receive(self) -> tuple[bytes, bytes]:
        poll = select.poll()
        poll.register(self._connection, select.POLLIN)
        told = False
        while not poll.poll(_GLANCE_MILLISECONDS):
            if self._stop.is_set() and not told:
                self.stop()
                told = True
        return frames.receive(self._connection)
