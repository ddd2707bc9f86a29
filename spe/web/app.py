"""The application: routes, problems and the outermost layer around one `Edge`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from fastapi import FastAPI
from fastapi.concurrency import run_in_threadpool
from fastapi.routing import APIRoute
from starlette.responses import JSONResponse

from spe import __version__
from spe.web.accounted import Accounted
from spe.web.calls import Edge
from spe.web.deciding import Deciding
from spe.web.edges import Outermost
from spe.web.leaves import counted, undeclared
from spe.web.openapi import document, is_signed_in
from spe.web.own import OwnLooks
from spe.web.portal import auditor, checker, committee, home, signing_in, signing_in_elsewhere
from spe.web.portal.assets import Assets
from spe.web.portal.forms import PageRoute
from spe.web.portal.page import Portal
from spe.web.portal.places import PLACES
from spe.web.portal.refused import as_page
from spe.web.problems import handled_by
from spe.web.provider_sessions import ProviderSessions
from spe.web.refusals import Refusals
from spe.web.routes import (
    audit,
    cases,
    catalogue,
    codes,
    consent,
    holds,
    me,
    outputs,
    permits,
    releases,
    requests,
    ropa,
    runs,
    subjects,
    workspaces,
)
from spe.web.routes.demo import Issuer, demo_router
from spe.web.routes.public import Public
from spe.web.sessions import Sessions

_STAGES = (
    me,
    catalogue,
    consent,
    requests,
    cases,
    permits,
    codes,
    workspaces,
    runs,
    outputs,
    releases,
    audit,
    holds,
    subjects,
    ropa,
)
_DESCRIPTION = (
    "A secure processing environment (EHDS Art. 73) for federated cancer imaging and clinical research."
)
_FLUSH_EVERY = 60.0


@dataclass(frozen=True, slots=True)
class Pages:
    """What the portal is opened with: its files, where sessions are kept, and its origin where a proxy speaks for it."""

    assets: Assets
    sessions: Sessions
    origin: str = ""


def create_app(
    edge: Edge, public: Public, issuer: Issuer | None = None, pages: Pages | None = None
) -> FastAPI:
    """Return the API over `edge`; `issuer` adds the demo's sign-in, on a demo server only; `pages` adds the portal."""
    own = OwnLooks(edge.refusals.committer, edge.refusals.clock)
    app = FastAPI(
        title="spe",
        version=__version__,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        lifespan=_counting(edge.refusals, own),
    )
    app.state.edge = edge
    app.state.own = own
    routers = [public.router(), *(stage.router for stage in _STAGES)]
    for router in routers + ([demo_router(issuer)] if issuer else []):
        app.router.routes.extend(router.routes)
    if pages is not None:
        _open_portal(app, pages, issuer)
    app.add_api_route(
        "/openapi.json", _described(app), methods=["GET"], include_in_schema=False, openapi_extra=counted()
    )
    refuse_undeclared(app)
    handled_by(app, edge.explain)
    app.add_middleware(Accounted)
    app.add_middleware(Deciding)
    app.add_middleware(Outermost)
    return app


def _open_portal(app: FastAPI, pages: Pages, issuer: Issuer | None) -> None:
    provider = pages.sessions if isinstance(pages.sessions, ProviderSessions) else None
    app.state.portal = Portal(pages.assets, issuer, provider, PLACES)
    app.state.sessions = pages.sessions
    app.state.as_page = as_page
    app.state.origin = pages.origin
    for part in (signing_in if provider is None else signing_in_elsewhere, home, auditor, committee, checker):
        app.router.routes.extend(part.router.routes)
    if provider is not None:
        app.router.routes.extend(signing_in_elsewhere.back_channel_router.routes)


def refuse_undeclared(app: FastAPI) -> None:
    """Raise `TypeError` where a route does not say what it leaves in the log."""
    routes = [*api_routes(app), *page_routes(app)]
    silent = list(undeclared(routes, filter(is_signed_in, routes)))
    if silent:
        raise TypeError(f"say with openapi_extra=leaves(...) or counted() what these leave: {silent}")


def api_routes(app: FastAPI) -> list[APIRoute]:
    """Return every route of the API."""
    return [route for route in app.routes if isinstance(route, APIRoute) and not isinstance(route, PageRoute)]


def page_routes(app: FastAPI) -> list[PageRoute]:
    """Return every route of the portal."""
    return [route for route in app.routes if isinstance(route, PageRoute)]


def _described(app: FastAPI) -> Callable[[], JSONResponse]:
    @cache
    def made() -> dict[str, Any]:
        return document(app, [route for route in api_routes(app) if route.include_in_schema])

    def openapi() -> JSONResponse:
        """Return this document."""
        return JSONResponse(made())

    return openapi


def _counting(*counts: Refusals | OwnLooks) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        flushing = asyncio.create_task(_flush(counts))
        yield
        flushing.cancel()
        for one in counts:
            await run_in_threadpool(one.flush)

    return lifespan


async def _flush(counts: Sequence[Refusals | OwnLooks]) -> None:
    while True:
        await asyncio.sleep(_FLUSH_EVERY)
        for one in counts:
            await run_in_threadpool(one.flush_due)
