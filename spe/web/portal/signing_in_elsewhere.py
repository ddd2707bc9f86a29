"""Signing in at the identity provider with a browser, and out again; also where the provider signs somebody out.

While it signs in the browser keeps the attempt, sealed, in a cookie. The way to the provider is a link and never the end of a form:
our own policy of content lets forms go nowhere else, in browsers that look at where they are redirected too.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from spe.audit.events.call import SignedIn, SignedOut
from spe.clock import epoch
from spe.errors import Malformed, NotFound, NotSignedIn, SpeError
from spe.identity.portal import Attempt
from spe.identity.realm import BACK_CHANNEL, CALLBACK
from spe.values import from_data
from spe.web.bodies import TextBody
from spe.web.calls import edge
from spe.web.languages import COOKIE as LANGUAGE
from spe.web.languages import LANGUAGES
from spe.web.leaves import counted, leaves
from spe.web.portal.forms import MEDIA_TYPE, Sends, page_router
from spe.web.portal.page import page, portal_of
from spe.web.portal.places import local
from spe.web.provider_sessions import ProviderSessions
from spe.web.sessions import COOKIE, cookie_of, drop_cookie, keep_cookie

router = page_router()
_ATTEMPT = "__Host-spe-attempt"
_SECONDS = 600
_YEAR = 365 * 86_400
_LONGEST_ATTEMPT = 4_000
_LOGOUT = TextBody(MEDIA_TYPE, 32_768)
Local = Annotated[str, Query(max_length=600, alias="next")]


@dataclass(frozen=True, slots=True)
class Begun:
    """An attempt as its cookie holds it: when it began, and where to go on when it has succeeded."""

    attempt: Attempt
    began: int
    then: str


@router.get("/sign-in", openapi_extra=counted())
def begin(request: Request, back: Local = "/", *, fresh: bool = False) -> Response:
    """Send the browser to the identity provider; `fresh` has both factors proven again, whatever it remembers."""
    url, attempt = sessions_of(request).provider.begin(0 if fresh else None)
    answer = RedirectResponse(url, 303)
    begun = json.dumps(asdict(Begun(attempt, _now(request), local(back))))
    keep_cookie(answer, _ATTEMPT, sessions_of(request).seal(begun), _SECONDS)
    return answer


@router.get(CALLBACK, openapi_extra=counted(SignedIn))
def finish(
    request: Request,
    state: Annotated[str, Query(max_length=200)] = "",
    code: Annotated[str, Query(max_length=4_000)] = "",
) -> Response:
    """Take the identity provider's answer, begin a session in place of the one there was, and go on."""
    sessions = sessions_of(request)
    try:
        begun = _begun(request)
        tokens = sessions.provider.finish(begun.attempt, state, code)
        person = sessions.admit(tokens)
    except NotSignedIn as error:
        edge(request).refusals.count()
        return page(request, "provider.html", 401, kind="failed", detail=str(error), next="/")
    edge(request).signs_in(person, "portal")
    before = cookie_of(request, COOKIE)
    held = sessions.held(before)
    kept = held.typed if held is not None and held.tokens.subject == person.id else {}
    sessions.close(before)
    cookie = sessions.begin(tokens, person)
    request.scope["session"] = sessions.find(cookie)
    answer: Response = (
        page(request, "go_on.html", next=begun.then, kept=kept) if kept else RedirectResponse(begun.then, 303)
    )
    drop_cookie(answer, _ATTEMPT)
    keep_cookie(answer, COOKIE, cookie)
    return answer


@router.post("/sign-out", openapi_extra=leaves(SignedOut))
def sign_out(call: Sends) -> Response:
    """End the session here, in the browser, and at the identity provider, which may be out of reach."""
    sessions, cookie = sessions_of(call.request), cookie_of(call.request, COOKIE)
    held = sessions.held(cookie)
    call.edge.signs_out(call.person.who(), "person")
    sessions.close(cookie)
    if held is not None:
        with suppress(SpeError):
            sessions.provider.revoke(held.tokens)
    call.request.scope["session"] = None
    answer = page(call.request, "provider.html", kind="out", detail="", next="/")
    drop_cookie(answer, COOKIE)
    return answer


@router.get("/language/{language}", openapi_extra=counted())
def speak(language: str, back: Local = "/") -> Response:
    """Keep a language for this browser."""
    if language not in LANGUAGES:
        raise NotFound("there is no such language")
    answer = RedirectResponse(local(back), 303)
    keep_cookie(answer, LANGUAGE, language, _YEAR)
    return answer


def back_channel(request: Request, sent: Annotated[str, Depends(_LOGOUT)]) -> Response:
    """End the sessions that the identity provider names (OpenID Connect Back-Channel Logout 1.0)."""
    sessions = sessions_of(request)
    try:
        given = parse_qs(sent, max_num_fields=8).get("logout_token", [])
        logout = sessions.provider.logout(given[0] if len(given) == 1 else "")
    except (NotSignedIn, ValueError) as cause:
        edge(request).refusals.count()
        raise Malformed("the logout token is not valid") from cause
    sessions.sign_out(logout, lambda who: edge(request).signs_out(who, "provider"))
    return JSONResponse({"signed_out": True})


back_channel_router = APIRouter(include_in_schema=False)
back_channel_router.post(BACK_CHANNEL, openapi_extra=counted(SignedOut))(back_channel)


def sessions_of(request: Request) -> ProviderSessions:
    """Return the sessions that the identity provider begins."""
    found = portal_of(request).provider
    if found is None:
        raise NotFound("personas sign in here")
    return found


def _begun(request: Request) -> Begun:
    try:
        sealed = cookie_of(request, _ATTEMPT, _LONGEST_ATTEMPT)
        begun = from_data(Begun, json.loads(sessions_of(request).unseal(sealed)), "attempt")
    except (SpeError, ValueError) as cause:
        raise NotSignedIn("no sign-in was begun with this browser: begin again") from cause
    if not 0 <= _now(request) - begun.began < _SECONDS:
        raise NotSignedIn("the sign-in took too long: begin again")
    return begun


def _now(request: Request) -> int:
    return epoch(edge(request).refusals.clock.now())
