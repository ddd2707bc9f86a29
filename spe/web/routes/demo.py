"""The demo's sign-in: a token for a persona, for whoever sits at this machine and can read the secret file.

A web page that this machine's browser shows must not get one: its Host, Origin or forwarding header gives it away.
"""

from __future__ import annotations

from typing import Annotated, Protocol

from fastapi import APIRouter, Depends, Header, Request
from starlette.responses import JSONResponse, Response

from spe.audit.events.call import SignedIn
from spe.errors import NotSignedIn
from spe.values import to_data
from spe.web.bodies import JsonBody
from spe.web.calls import edge, refuses, returns
from spe.web.leaves import counted
from spe.web.origin import on_this_machine
from spe.web.views import PersonaAsked, Token


class Issuer(Protocol):
    """Issues tokens for synthetic people."""

    def token(self, persona: str, secret: str, *, second_factor: bool = False) -> str:
        """Return a token of ten minutes for a persona, with a fresh second factor where that is asked for."""
        ...

    def jwks(self) -> bytes:
        """Return the public keys as a JWKS."""
        ...

    def personas(self) -> tuple[object, ...]:
        """Return everybody there is."""
        ...


def demo_router(issuer: Issuer) -> APIRouter:
    """Return the routes that a demo server has beside the others."""
    router = APIRouter(prefix="/demo", tags=["demo"], dependencies=[Depends(at_this_machine)])

    @router.post(
        "/token",
        responses=returns(Token, "A bearer token of ten minutes") | refuses(401, 404, 503),
        openapi_extra=counted(SignedIn),
    )
    def token(
        request: Request,
        asked: Annotated[PersonaAsked, Depends(JsonBody(PersonaAsked))],
        secret: Annotated[str, Header(alias="X-Persona-Secret", max_length=200)] = "",
    ) -> JSONResponse:
        """Sign in as a persona, with the secret that this start of the server wrote to its file."""
        here = edge(request)
        try:
            made = issuer.token(asked.persona, secret, second_factor=asked.second_factor)
        except NotSignedIn:
            here.refusals.count()
            raise
        here.signs_in(here.verifier.verify(made))
        return JSONResponse({"token": made})

    @router.get(
        "/jwks", responses=returns(dict, "The issuer's public keys") | refuses(401), openapi_extra=counted()
    )
    def jwks() -> Response:
        """Return the keys that persona tokens are verified with."""
        return Response(issuer.jwks(), media_type="application/json")

    @router.get(
        "/personas",
        responses=returns(dict, "Synthetic people, in `items`") | refuses(401),
        openapi_extra=counted(),
    )
    def personas() -> JSONResponse:
        """Return who there is to sign in as."""
        return JSONResponse({"items": to_data(issuer.personas())})

    return router


async def at_this_machine(request: Request) -> None:
    """Refuse a call that came through another name, through anything that forwards, or from a page; such are counted."""
    on_this_machine(request)
    if "origin" in request.headers:
        raise NotSignedIn("this is for programs on this machine, not for pages")
