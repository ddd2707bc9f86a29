"""Everybody's pages: what waits for them, a search by identifier, the files of pages, and every component at a glance."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import Query, Request
from starlette.responses import RedirectResponse, Response

from spe.audit.events.record import RecordSeen
from spe.errors import Reason
from spe.identity.model import Role
from spe.web.leaves import counted, leaves
from spe.web.portal.buttons import Button
from spe.web.portal.forms import Looks, Visitor, page_router
from spe.web.portal.page import explained, page, portal_of
from spe.web.portal.places import BUILT

router = page_router()
_FEW = 5
Query_ = Annotated[str, Query(max_length=200, alias="q")]


@router.get("/", openapi_extra=leaves(RecordSeen))
def home(call: Looks) -> Response:
    """Show what waits for whoever signed in."""
    roles = set(call.person.roles)
    return page(
        call.request,
        "home.html",
        cases=_cases(call) if roles & {Role.COMMITTEE, Role.CHAIR} else None,
        outputs=_outputs(call) if Role.OUTPUT_CHECKER in roles else None,
        head=call.desks.audit.head() if Role.AUDITOR in roles else None,
        built=bool(roles & BUILT),
    )


@router.get("/search", openapi_extra=leaves())
def search(call: Looks, wanted: Query_ = "") -> Response:
    """Go to what an identifier names; who may not see it hears there that there is nothing."""
    roles, name = set(call.person.roles), wanted.strip()
    if Role.AUDITOR in roles:
        return RedirectResponse(f"/log?about={quote(name, safe='')}", 303)
    if name.startswith("req-") and roles & {Role.COMMITTEE, Role.CHAIR}:
        return RedirectResponse(f"/cases/{_plain(name)}", 303)
    if name.startswith("out-") and Role.OUTPUT_CHECKER in roles:
        return RedirectResponse(f"/outputs/{_plain(name)}", 303)
    return page(call.request, "search.html", wanted=name)


@router.get("/assets/{version}/{name}", openapi_extra=counted())
def asset(request: Request, version: str, name: str) -> Response:
    """Return style or behaviour of pages."""
    return portal_of(request).assets.answer(request, version, name)


@router.get("/components", openapi_extra=counted())
def components(request: Request) -> Response:
    """Show every component once, with made-up content."""
    reasons = explained(request, (Reason("already_voted"), Reason("quorum_missing")))
    buttons = (Button("send", allowed=True), Button("send", allowed=False, reasons=tuple(reasons)))
    return page(request, "components.html", reasons=reasons, buttons=buttons)


def _cases(call: Visitor) -> object:
    return call.desks.cases.waiting(call.person, "", _FEW)


def _outputs(call: Visitor) -> object:
    return call.desks.outputs.waiting(call.person, "", _FEW)


def _plain(name: str) -> str:
    return "".join(char for char in name if char.isalnum() or char in "._-")
