"""Legal holds: place, lift, list."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import JSONResponse

from spe.audit.events.hold import HoldLifted, HoldPlaced
from spe.audit.events.record import LogRead
from spe.web.bodies import JsonBody
from spe.web.calls import After, Id, Limit, Reads, Writes, page, returns
from spe.web.leaves import leaves
from spe.web.views import Held, Said

router = APIRouter(prefix="/v1", tags=["audit"])
About = Annotated[str, Query(max_length=200, description="What the holds are on; empty for all")]


@router.post("/holds", status_code=201, openapi_extra=leaves(HoldPlaced))
def place(call: Writes, asked: Annotated[Held, Depends(JsonBody(Held))]) -> JSONResponse:
    """Place a legal hold: what it is on is neither purged nor erased."""
    return call.once(lambda: call.desks.holds.place(call.person, asked.about, asked.reason), 201)


@router.post("/holds/{id}/lift", openapi_extra=leaves(HoldLifted))
def lift(call: Writes, id: Id, said: Annotated[Said, Depends(JsonBody(Said))]) -> JSONResponse:  # noqa: A002 - the word of the path
    """Lift a hold."""
    return call.once(lambda: call.desks.holds.lift(call.person, id, said.text))


@router.get(
    "/holds", responses=returns(dict, "One page of holds, lifted ones too"), openapi_extra=leaves(LogRead)
)
def show(call: Reads, about: About = "", after: After = "", limit: Limit = 50) -> JSONResponse:
    """Return the holds there are."""
    return page(call.desks.holds.show(call.person, about, after, limit), limit)
