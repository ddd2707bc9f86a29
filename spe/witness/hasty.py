"""Connections of callers who don't make others wait: whoever asks nothing is let go."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

PATIENCE = 10.0


class HastyConnection(H11Protocol):
    """Closes a connection on which no request was begun for longer than `PATIENCE` seconds, twice that at most.

    Without it a caller who opens as many connections as a witness takes, and sends nothing, keeps everybody else out.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to look at the connection."""
        super().connection_made(transport)
        self._last = self.cycle
        self._look_later()

    def _look_later(self) -> None:
        self.loop.call_later(PATIENCE, self._look)

    def _look(self) -> None:
        if self.transport.is_closing():
            return
        idle = getattr(self.cycle, "response_complete", True)
        if idle and self.cycle is self._last:
            self.transport.abort()
            return
        self._last = self.cycle
        self._look_later()
