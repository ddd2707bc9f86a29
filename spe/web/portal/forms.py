"""Forms: bounded while they are read, each field once, and sent by our own page of this very sign-in."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Annotated, NoReturn, TypeAlias
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute
from starlette.responses import RedirectResponse, Response

from spe.errors import Conflict, Denied, Malformed, NotNow, NotSignedIn, SecondFactorNeeded, SpeError
from spe.policy.enforce import Done
from spe.values import LONGEST_TEXT, to_data
from spe.web.bodies import read
from spe.web.calls import Caller, edge
from spe.web.idempotency import call_of, once
from spe.web.languages import reads
from spe.web.origin import NotFromHere, from_here, on_this_machine
from spe.web.portal.page import portal_of
from spe.web.sessions import need_session

MEDIA_TYPE = "application/x-www-form-urlencoded"
LIMIT = 1 << 18
TOKEN, KEY = "form", "key"
_MOST_FIELDS = 200
Form: TypeAlias = Mapping[str, str]
MENDABLE = (Conflict, Denied, Malformed, NotNow)
"""What whoever filled a form in can mend: they get it back as they left it."""


class PageRoute(APIRoute):
    """A route whose answers, refusals too, are pages."""


async def by_own_name(request: Request) -> None:
    """Refuse a call to a demo's page through another name than this machine's own, or through a proxy."""
    if portal_of(request).issuer is None:
        return
    try:
        on_this_machine(request)
    except NotSignedIn as error:
        raise NotFromHere(str(error)) from None


def page_router() -> APIRouter:
    """Return an empty router of pages."""
    return APIRouter(route_class=PageRoute, include_in_schema=False, dependencies=[Depends(by_own_name)])


async def read_form(request: Request) -> Form:
    """Return the fields of a form; `Malformed` for more than 200 of them, one that comes twice, or none that is UTF-8."""
    sent = await read(request, MEDIA_TYPE, LIMIT)
    form = await run_in_threadpool(parse_form, sent)
    request.scope["form"] = {name: value for name, value in form.items() if name != TOKEN}
    return form


def parse_form(sent: bytes) -> dict[str, str]:
    """Return the fields in `sent`; a line ends as it does here, wherever it was typed."""
    try:
        pairs = parse_qsl(
            sent.decode("ascii"),
            keep_blank_values=True,
            encoding="utf-8",
            errors="strict",
            max_num_fields=_MOST_FIELDS,
        )
    except ValueError:
        raise Malformed("form: can't be read, or has too many fields") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Malformed("form: a field occurs twice")
    return {name: _text(name, value) for name, value in fields.items()}


def _text(name: str, value: str) -> str:
    if len(value) > LONGEST_TEXT:
        raise Malformed(f"{name[:40]}: at most {LONGEST_TEXT} characters")
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    if any(ord(char) < ord(" ") and char not in "\n\t" for char in text):
        raise Malformed(f"{name[:40]}: text without control characters")
    return text.replace("\t", " ")


class Visitor(Caller):
    """Somebody whose browser has a session, looking at a page."""

    def __init__(self, request: Request) -> None:  # another way in than a token's
        self.request = request
        self.edge = edge(request)
        self.desks = self.edge.desks
        try:
            self.person = need_session(request).person
        except NotSignedIn:
            self.edge.refusals.count()
            raise
        self.languages = reads(request)


class Sender(Visitor):
    """Somebody who sends a form of ours; what it does it does once, however often it is sent."""

    def __init__(self, request: Request, form: Annotated[Form, Depends(read_form)]) -> None:
        from_here(request)
        super().__init__(request)
        expected = need_session(request).form
        if not hmac.compare_digest(form.get(TOKEN, "").encode(), expected.encode()):
            raise NotFromHere("you signed in anew since this page was opened: send it again from here")
        self.form = {name: value for name, value in form.items() if name != TOKEN}

    def once(self, act: Callable[[], Done]) -> None:
        """Do `act`, unless this very form has done it before."""
        said = {name: value for name, value in self.form.items() if name != KEY}
        sent = sha256(repr(sorted(said.items())).encode()).digest()
        call = call_of(self.person, self.form.get(KEY, ""), "POST", self.request.url.path, sent)
        once(call, self.edge.answers, lambda: to_data(act()))

    def attempt(self, act: Callable[[], Done], there: str, again: Callable[[SpeError], Response]) -> Response:
        """Do `act` and go `there`; where it is refused in a way that can be mended, show the form `again`."""
        try:
            self.once(act)
        except SecondFactorNeeded:
            raise
        except MENDABLE as error:
            return again(error)
        return RedirectResponse(there, 303)

    def only(self, *names: str) -> None:
        """Raise `Malformed` for a field that this form does not have."""
        unknown = sorted(self.form.keys() - {KEY, *names})
        if unknown:
            raise Malformed(f"form: there is no field called {unknown[0][:60]!r}")

    def choice(self, name: str, *choices: str) -> str:
        """Return a field that is one of `choices`."""
        value = self.form.get(name, "")
        return value if value in choices else _choose(name)


def _choose(name: str) -> NoReturn:
    raise Malformed(f"{name}: choose one of what there is to choose from")


def whole(text: str, name: str) -> int:
    """Return a whole number of at most nine digits."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise Malformed(f"{name}: a whole number")
    return int(text)


Looks = Annotated[Visitor, Depends(Visitor)]
Sends = Annotated[Sender, Depends(Sender)]
