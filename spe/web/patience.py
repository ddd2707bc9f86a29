"""HTTP/1.1 that waits for nobody long: who sends or reads slowly on purpose loses the connection, not others theirs.

uvicorn bounds how long a connection may idle after an answer, not how slowly a request may come (CWE-400, slow loris).
"""

from __future__ import annotations

import asyncio
import json
from typing import ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

_PROBLEM = {
    "type": "urn:spe:problem:malformed",
    "title": "The input can't be read",
    "status": 400,
    "detail": "this is no HTTP/1.1 request",
    "correlation": "",
}


class PatientProtocol(H11Protocol):
    """A connection that is looked at every second; times in seconds, the slowest body in bytes a second."""

    head_seconds: ClassVar[float] = 15.0
    window_seconds: ClassVar[float] = 10.0
    slowest_body: ClassVar[float] = 1024.0
    linger_seconds: ClassVar[float] = 2.0
    reader_seconds: ClassVar[float] = 30.0
    look_seconds: ClassVar[float] = 1.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for a request."""
        super().connection_made(transport)
        self._since, self._came, self._blocked = self.loop.time(), 0, 0.0
        self._looking = self.loop.call_later(self.look_seconds, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """End the looking with the connection."""
        self._looking.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; a request that is whole begins a new wait."""
        before = self.conn.their_state
        self._came += len(data)
        super().data_received(data)
        if self.conn.their_state is not before:
            self._begin()

    def on_response_complete(self) -> None:
        """Wait for the next request, or shortly for the end of a body that nobody wanted."""
        super().on_response_complete()
        self._begin()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - what is wrong with it is in the problem
        """Answer what is no HTTP with a problem, as everything else is refused."""
        body = json.dumps(_PROBLEM).encode()
        kind = [(b"content-type", b"application/problem+json"), (b"connection", b"close")]
        for event in (
            h11.Response(status_code=400, headers=[*kind, (b"content-length", b"%d" % len(body))]),
            h11.Data(data=body),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _begin(self) -> None:
        self._since, self._came = self.loop.time(), 0

    def _look(self) -> None:
        now = self.loop.time()
        if self._reads_too_slowly(now):
            self.transport.abort()
        elif self._sends_too_slowly(now):
            self.transport.close()
        if not self.transport.is_closing():
            self._looking = self.loop.call_later(self.look_seconds, self._look)

    def _reads_too_slowly(self, now: float) -> bool:
        self._blocked = (self._blocked or now) if self.flow.write_paused else 0.0
        return self._blocked > 0 and now - self._blocked > self.reader_seconds

    def _sends_too_slowly(self, now: float) -> bool:
        waited = now - self._since
        if self.conn.their_state is h11.IDLE:
            return waited > self.head_seconds
        if self.conn.their_state is not h11.SEND_BODY:
            return False
        if self.cycle.response_complete:
            return waited > self.linger_seconds
        return waited > self.window_seconds and self._body_is_too_slow(waited)

    def _body_is_too_slow(self, waited: float) -> bool:
        """Say so of the window that ends, and begin the next; while it is us who don't read, nobody is too slow."""
        slow = self._came < waited * self.slowest_body and not self.flow.read_paused
        self._begin()
        return slow
