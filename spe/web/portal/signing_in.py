"""Signing in as a persona of a demo, signing out, and choosing a language.

The link that the demo prints carries the secret of its start; it goes from the address into a cookie at once. Whoever has
no such link copies the secret from its file. Nothing else knows it, so no page of another site can sign anybody in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, Query, Request
from starlette.responses import RedirectResponse, Response

from spe.audit.events.call import SignedIn
from spe.errors import NotFound, NotSignedIn
from spe.web.calls import edge
from spe.web.languages import COOKIE as LANGUAGE
from spe.web.languages import LANGUAGES
from spe.web.leaves import counted, leaves
from spe.web.origin import from_here
from spe.web.portal.forms import KEY, Form, Sends, page_router, read_form
from spe.web.portal.page import page, portal_of
from spe.web.portal.places import SECRET, local
from spe.web.routes.demo import Issuer
from spe.web.sessions import COOKIE, cookie_of, drop_cookie, keep_cookie

router = page_router()
_KEPT = "kept."
_YEAR = 365 * 86_400
Local = Annotated[str, Query(max_length=600, alias="next")]
Named = Annotated[str, Query(max_length=200, alias="as")]
Secret = Annotated[str, Query(max_length=200)]


@router.get("/sign-in", openapi_extra=counted())
def choose(request: Request, back: Local = "/", named: Named = "", secret: Secret = "") -> Response:
    """Show who there is to sign in as; a secret in the address moves into a cookie and out of the address."""
    issuer = _issuer(request)
    if secret:
        return _moved(request, issuer, secret, back, named)
    known = bool(cookie_of(request, SECRET))
    return _picker(request, issuer, {"next": local(back), "named": named, "known": known, "kept": {}})


@router.post("/sign-in", openapi_extra=counted(SignedIn))
def sign_in(request: Request, form: Annotated[Form, Depends(read_form)]) -> Response:
    """Sign in as a persona, and go on where one was, with what was typed there."""
    from_here(request)
    return _enter(request, form, form.get("persona", ""), second_factor=False)


@router.post("/confirm", openapi_extra=leaves(SignedIn))
def confirm(call: Sends) -> Response:
    """Prove once more who one is, as an act that decides or lets out needs it, and go on with what was typed.

    A persona has no second device: that the secret of this start is sent again is all that it proves.
    """
    return _enter(call.request, call.form, str(call.person.id), second_factor=True)


def _enter(request: Request, form: Form, persona: str, *, second_factor: bool) -> Response:
    """Begin a session of a persona in place of the one that there was; a wrong secret is counted and begins none."""
    here, issuer = edge(request), _issuer(request)
    secret = form.get("secret", "").strip() or cookie_of(request, SECRET)
    try:
        person = here.verifier.verify(issuer.token(persona, secret, second_factor=second_factor))
    except NotSignedIn:
        here.refusals.count()
        return page(request, "wrong_secret.html", 401)
    here.signs_in(person)
    sessions = request.app.state.sessions
    sessions.close(cookie_of(request, COOKIE))
    opened = sessions.open(person)
    request.scope["session"] = sessions.find(opened)
    answer = _onward(request, local(form.get("next", "/")), _kept(form))
    keep_cookie(answer, COOKIE, opened)
    keep_cookie(answer, SECRET, secret)
    return answer


@router.post("/sign-in/again", openapi_extra=counted())
def choose_again(request: Request, form: Annotated[Form, Depends(read_form)]) -> Response:
    """Show who there is to sign in as, to somebody who has typed something: it travels along."""
    from_here(request)
    known = bool(cookie_of(request, SECRET))
    values = {"next": local(form.get("next", "/")), "named": "", "known": known, "kept": _kept(form)}
    return _picker(request, _issuer(request), values)


@router.post("/sign-out", openapi_extra=leaves())
def sign_out(call: Sends) -> Response:
    """End the session here and in the browser."""
    call.request.app.state.sessions.close(cookie_of(call.request, COOKIE))
    answer = RedirectResponse("/sign-in", 303)
    drop_cookie(answer, COOKIE)
    return answer


@router.get("/language/{language}", openapi_extra=counted())
def speak(language: str, back: Local = "/") -> Response:
    """Keep a language for this browser."""
    if language not in LANGUAGES:
        raise NotFound("there is no such language")
    answer = RedirectResponse(local(back) if back != "/sign-in" else back, 303)
    keep_cookie(answer, LANGUAGE, language, _YEAR)
    return answer


def _issuer(request: Request) -> Issuer:
    issuer = portal_of(request).issuer
    if issuer is None:
        raise NotFound("personas are of a demo")
    return issuer


def _moved(request: Request, issuer: Issuer, secret: str, back: str, named: str) -> Response:
    try:
        issuer.token(str(getattr(issuer.personas()[0], "id", "")), secret)
    except NotSignedIn:
        edge(request).refusals.count()
        return page(request, "wrong_secret.html", 401)
    answer = RedirectResponse(f"/sign-in?next={quote(local(back), safe='')}&as={quote(named, safe='')}", 303)
    keep_cookie(answer, SECRET, secret)
    return answer


def _picker(request: Request, issuer: Issuer, values: Mapping[str, Any]) -> Response:
    return page(request, "sign_in.html", groups=_by_role(issuer.personas()), **values)


def _by_role(personas: Iterable[Any]) -> list[tuple[str, list[Any]]]:
    def role(persona: Any) -> str:
        return str(persona.roles[0].value)

    return [(name, list(some)) for name, some in groupby(sorted(personas, key=role), role)]


def _kept(form: Form) -> dict[str, str]:
    return {
        name.removeprefix(_KEPT): value
        for name, value in form.items()
        if name.startswith(_KEPT) and name != _KEPT + "form"
    }


def _onward(request: Request, back: str, kept: Mapping[str, str]) -> Response:
    """Go on where one was; where something was typed, show it once more before it is sent."""
    if kept.get(KEY):
        return page(request, "go_on.html", next=back, kept=kept)
    return RedirectResponse(back, 303)
