"""Refusals as pages: what happened, every reason with its provision and remedy, and what was typed, kept.

What a page says of a refusal is what the API says of it: the same problem, dressed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from spe.errors import Denied, NotFound, NotSignedIn, SecondFactorNeeded, SpeError, Undecided
from spe.web.portal.forms import KEY, PageRoute
from spe.web.portal.page import explained, page, portal_of, says
from spe.web.portal.places import SECRET, local
from spe.web.problems import STATUS, TYPE, listed, slug
from spe.web.sessions import COOKIE, cookie_of

_PROGRAMS = ("/v1/", "/demo/", "/healthz", "/readyz", "/openapi.json")
_SIGNED_OUT = TYPE + slug(NotSignedIn)
_TO_CONFIRM = TYPE + slug(SecondFactorNeeded)
_NOT_FOUND = TYPE + slug(NotFound)


def as_page(request: Request, problem: Mapping[str, Any]) -> Response | None:
    """Return a problem as a page where a person's browser asked for one, else None."""
    if not _wants_page(request):
        return None
    if problem["type"] == _SIGNED_OUT:
        return _to_sign_in(request)
    if problem["type"] == _TO_CONFIRM and portal_of(request).provider is not None:
        return _to_prove(request)
    if problem["type"] == _TO_CONFIRM:
        known = bool(cookie_of(request, SECRET))
        kept = _kept(request)
        return page(request, "confirm.html", 401, next=request.url.path, kept=kept, known=known)
    shown = {**problem, "reasons": problem.get("reasons", ())}
    missing = problem["type"] == _NOT_FOUND
    status = int(problem["status"])
    return page(request, "problem.html", status, problem=shown, missing=missing, kept=_kept(request))


def told(request: Request, error: SpeError) -> Mapping[str, Any]:
    """Return an error for the summary above a form: its title, and its reasons or its own words."""
    reasons = explained(request, error.reasons) if isinstance(error, Denied | Undecided) else []
    return {
        "title": says(request, error.title),
        "detail": "" if reasons else str(error),
        "reasons": reasons,
        "status": STATUS[listed(type(error))],
    }


def _wants_page(request: Request) -> bool:
    route = request.scope.get("route")
    if route is not None:
        return isinstance(route, PageRoute)
    asks = "text/html" in request.headers.get("accept", "")
    return asks and not request.url.path.startswith(_PROGRAMS)


def _to_sign_in(request: Request) -> Response:
    """Return the way to sign in and back; what was typed travels in the page, because nobody's is kept here."""
    path = request.url.path
    if request.method == "GET":
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"/sign-in?next={quote(local(path + query), safe='')}", 303)
    if portal_of(request).provider is not None:
        return page(request, "provider.html", 401, kind="expired", detail="", next="/")
    return page(request, "signed_out.html", 401, next=path, kept=_kept(request))


def _to_prove(request: Request) -> Response:
    """Return the way to prove both factors at the identity provider; what was typed waits with the session."""
    provider = portal_of(request).provider
    if provider is not None:
        provider.keep(cookie_of(request, COOKIE), _kept(request))
    return page(request, "provider.html", 401, kind="confirm", detail="", next=request.url.path)


def _kept(request: Request) -> Mapping[str, str]:
    """Return what was typed, with its key: sent again, it is the same act and is done once."""
    form: Mapping[str, str] = request.scope.get("form", {})
    return form if form.get(KEY) and request.url.path != "/sign-in" else {}
