"""The outermost layer: a correlation id for every call, headers that leave a browser nothing to do, unknown errors.

Unknown errors end here and not in the server, whose own log would show their message, and with it perhaps a person.
"""

from __future__ import annotations

import secrets
from typing import Any

import structlog
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from spe.web.calls import edge
from spe.web.problems import correlation, plain, where

MOST_HEADERS = 64
_ALWAYS = {
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_UNLESS_SAID = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}
_log = structlog.get_logger("spe.web")


class Outermost:
    """ASGI middleware that every call and every answer passes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Give the call its id and the answer its headers; an answer that breaks off half-way stays incomplete."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["correlation"] = secrets.token_hex(8)
        answer = _Answer(send, scope["correlation"])
        try:
            await self._guarded(scope, receive, answer)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001 - nothing unknown may reach the server's own log
            request = Request(scope)
            _log.error(
                "unexpected", correlation=correlation(request), error=type(error).__name__, where=where(error)
            )
            if not answer.started:
                refusal = plain(
                    request, 500, "internal", "Something went wrong", "Tell the operator the correlation id."
                )
                await refusal(scope, receive, answer)

    async def _guarded(self, scope: Scope, receive: Receive, send: Send) -> None:
        if len(scope["headers"]) > MOST_HEADERS:
            detail = f"at most {MOST_HEADERS} header fields"
            request = Request(scope)
            await run_in_threadpool(edge(request).refusals.count)
            refusal = plain(request, 431, "too-many-headers", "Too many header fields", detail)
            await refusal(scope, receive, send)
        else:
            await self._app(scope, receive, send)


class _Answer:
    """A `Send` that dresses the answer's start and remembers that there was one."""

    def __init__(self, send: Send, correlation_id: str) -> None:
        self._send = send
        self._correlation = correlation_id
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            self._dress(message)
        await self._send(message)

    def _dress(self, message: Any) -> None:
        headers = MutableHeaders(scope=message)
        headers["X-Correlation-Id"] = self._correlation
        for name, value in _ALWAYS.items():
            headers[name] = value
        for name, value in _UNLESS_SAID.items():
            headers.setdefault(name, value)
