"""No call of somebody who signed in goes unanswered for in the log: fail closed, for every route at once.

A use case commits its own entries. Where a call is about to be answered and has committed none (its body could not be
read, it came in conflict, it broke, it repeats an earlier one), an `api.answered` entry is committed first; where that
can't be done, the answer is that the log can't be reached, and nothing else.
"""

from __future__ import annotations

from fastapi.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from spe.audit.change import Change, Committer, Entry
from spe.audit.events.call import CallAnswered
from spe.clock import Clock
from spe.errors import SpeError, Unreachable
from spe.policy.trail import current
from spe.web.problems import correlation, plain, slug

_BROKEN = 500
_UNREACHABLE = 503


class Accounted:
    """ASGI middleware, within the use case of the call."""

    def __init__(self, app: ASGIApp, committer: Committer, clock: Clock) -> None:
        self._app = app
        self._committer = committer
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on, and let no answer begin before the call is in the log."""
        replaced = False

        async def told(message: Message) -> None:
            nonlocal replaced
            if message["type"] == "http.response.start":
                replaced = not await run_in_threadpool(self._account, scope, message["status"])
                if replaced:
                    await _unreachable(scope, receive, send)
            if not replaced:
                await send(message)

        try:
            await self._app(scope, receive, told)
        except Exception:
            await run_in_threadpool(self._account, scope, _BROKEN)
            raise

    def _account(self, scope: Scope, status: int) -> bool:
        """Say whether the call may be answered: it was nobody's, or there is an entry of it by now."""
        trail, person = current(), scope.get("person")
        if person is None or (trail is not None and trail.entries):
            return True
        route = getattr(scope.get("route"), "path", "")
        problem = "internal" if status == _BROKEN else scope.get("problem", "")
        event = CallAnswered(scope["method"], route, status, problem, correlation(Request(scope)))
        try:
            self._committer.commit(Change(entries=(Entry(person.who(), event, self._clock.now()),)))
        except SpeError:
            return status == _UNREACHABLE
        return True


async def _unreachable(scope: Scope, receive: Receive, send: Send) -> None:
    detail = "the log can't be written, so nothing is answered"
    answer = plain(Request(scope), _UNREACHABLE, slug(Unreachable), Unreachable.title, detail)
    await answer(scope, receive, send)
