"""Rendering a page: who reads it, in which language, under which policy of content."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, PrefixLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from spe.identity.model import Person, Role
from spe.web.calls import edge
from spe.web.languages import reads
from spe.web.portal.assets import Assets
from spe.web.portal.texts import NAMES, Texts
from spe.web.provider_sessions import ProviderSessions
from spe.web.routes.demo import Issuer
from spe.web.sessions import Session, session_of

_GOVUK = "govuk_frontend_jinja"
_POLICY = (
    "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
INERT = "sandbox; default-src 'none'; frame-ancestors 'none'"
"""For what untrusted code wrote: nothing in it runs, loads, is framed, or belongs to our origin."""


@dataclass(frozen=True, slots=True)
class Place:
    """A page that a role has in the navigation; `key` is its English name, which catalogues translate."""

    path: str
    key: str
    roles: frozenset[Role]


@dataclass(frozen=True, slots=True)
class Portal:
    """What pages need beside the edge: their files, and who signs people in: on a demo personas' issuer, else a provider."""

    assets: Assets
    issuer: Issuer | None = None
    provider: ProviderSessions | None = None
    places: tuple[Place, ...] = field(default=())


def portal_of(request: Request) -> Portal:
    """Return the application's portal."""
    found = request.app.state.portal
    assert isinstance(found, Portal)  # noqa: S101 - for the type checker: create_app put it there
    return found


def page(request: Request, template: str, status: int = 200, /, **values: Any) -> HTMLResponse:
    """Return a page; every text in `values` is escaped where it is shown."""
    language, nonce = reads(request), secrets.token_urlsafe(16)
    frame = _frame(request, language, nonce)
    body = _environment(language).get_template(template).render({**frame, **values})
    answer = HTMLResponse(body, status)
    answer.headers["Content-Security-Policy"] = _POLICY.format(nonce=nonce)
    # Not no-referrer: a browser would then hide the origin of our own forms.
    answer.headers["Referrer-Policy"] = "same-origin"
    answer.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    answer.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    return answer


def inert(answer: Response) -> Response:
    """Return an answer that shows bytes which untrusted code had a hand in."""
    answer.headers["Content-Security-Policy"] = INERT
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer


def explained(request: Request, reasons: Any) -> list[Any]:
    """Return reasons as their reader understands them."""
    return [edge(request).explain(reason, reads(request)) for reason in reasons]


def says(request: Request, text: str) -> str:
    """Return a text of the catalogue in the reader's language."""
    return Texts(reads(request)).gettext(text)


def _frame(request: Request, language: str, nonce: str) -> Mapping[str, Any]:
    portal, session = portal_of(request), session_of(request)
    me = session.person if session else None
    return {
        "assets": portal.assets,
        "demo": portal.issuer is not None,
        "form_token": session.form if session else "",
        "key": secrets.token_hex(16),
        "language": language,
        "languages": NAMES,
        "me": me,
        "nonce": nonce,
        "path": request.url.path,
        "places": _places(portal, me, session),
    }


def _places(portal: Portal, me: Person | None, session: Session | None) -> list[Place]:
    if me is None or session is None:
        return []
    return [one for one in portal.places if not one.roles or one.roles & set(me.roles)]


@cache
def _environment(language: str) -> Environment:
    made = Environment(
        loader=ChoiceLoader([PackageLoader("spe.web.portal"), PrefixLoader({_GOVUK: PackageLoader(_GOVUK)})]),
        autoescape=True,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    texts = Texts(language)
    made.install_gettext_callables(texts.gettext, texts.ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.globals["when"] = texts.when
    return made
