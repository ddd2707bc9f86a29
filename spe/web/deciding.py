"""Each call is one use case: what policy decided in it is carried by what the call commits."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from spe.policy.trail import use_case

_REFUSED = 400


class Deciding:
    """ASGI middleware that begins and ends the use case of a call."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on within a use case, which failed where the answer is a refusal."""
        with use_case() as trail:

            async def told(message: Message) -> None:
                if message["type"] == "http.response.start" and message["status"] >= _REFUSED:
                    trail.failed = True
                await send(message)

            await self._app(scope, receive, told)
