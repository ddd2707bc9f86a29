"""No call goes unanswered for in the log: fail closed, for every route at once.

A use case commits its own entries. Where a call of somebody who signed in is about to be answered and has committed none
(its body could not be read, it came in conflict, it broke, it repeats an earlier one, there is no such route), an
`api.answered` entry is committed first; where that can't be done, the answer is that the log can't be reached, and nothing
else. Calls that anybody may make are counted.
"""

from __future__ import annotations

from contextlib import suppress

from fastapi.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from spe.audit.change import Change, Entry
from spe.audit.events.call import CallAnswered
from spe.errors import NotSignedIn, SpeError, Unreachable
from spe.identity.model import Person
from spe.policy.trail import current
from spe.web.calls import edge, signed_in
from spe.web.leaves import is_counted
from spe.web.own import is_tallied
from spe.web.problems import correlation, plain, slug
from spe.web.sessions import need_session

_GONE = 499
_BROKEN = 500
_UNREACHABLE = 503
_UNROUTED = frozenset({404, 405})
_PROBLEMS = {_GONE: "disconnected", _BROKEN: "internal"}


class Accounted:
    """ASGI middleware, within the use case of the call."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on, and let no answer begin before the call is in the log."""
        replaced = False

        async def told(message: Message) -> None:
            nonlocal replaced
            if message["type"] == "http.response.start":
                status = message["status"]
                replaced = not is_tallied(scope, status) and not await run_in_threadpool(
                    account, scope, status
                )
                if replaced:
                    await _unreachable(scope, receive, send)
            if not replaced:
                await send(message)

        try:
            await self._app(scope, receive, told)
        except Exception as error:
            status = _GONE if isinstance(error, ClientDisconnect) else _BROKEN
            await run_in_threadpool(account, scope, status)
            raise


def account(scope: Scope, status: int) -> bool:
    """Say whether the call may be answered: it is counted as nobody's, or there is an entry of it by now."""
    request, route, trail = Request(scope), scope.get("route"), current()
    person = _caller(request, status)
    if person is None and (is_counted(route) or status in _UNROUTED):
        edge(request).refusals.count_public(getattr(route, "path", ""))
    if person is None or (trail is not None and trail.entries):
        return True
    problem = _PROBLEMS.get(status) or scope.get("problem", "")
    event = CallAnswered(scope["method"], getattr(route, "path", ""), status, problem, correlation(request))
    counting = edge(request).refusals
    try:
        counting.committer.commit(Change(entries=(Entry(person.who(), event, counting.clock.now()),)))
    except SpeError:
        return status == _UNREACHABLE
    return True


def _caller(request: Request, status: int) -> Person | None:
    """Return who calls; where no route looked at token or session because none was found, they are looked at here."""
    person: Person | None = request.scope.get("person")
    if person is None and status in _UNROUTED:
        with suppress(NotSignedIn):
            person = (signed_in if "authorization" in request.headers else _of_session)(request)
    return person


def _of_session(request: Request) -> Person:
    return need_session(request).person


async def _unreachable(scope: Scope, receive: Receive, send: Send) -> None:
    detail = "the log can't be written, so nothing is answered"
    answer = plain(Request(scope), _UNREACHABLE, slug(Unreachable), Unreachable.title, detail)
    await answer(scope, receive, send)
