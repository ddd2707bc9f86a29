"""A committee's case: opinions, declarations, blind votes, the chair's decision."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import JSONResponse

from spe.audit.events.decision import ConflictDeclared, RequestGranted, RequestRefused, VoteCast
from spe.audit.events.decision import OpinionGiven as OpinionLeft
from spe.audit.events.record import RecordSeen
from spe.web.bodies import JsonBody
from spe.web.calls import After, Id, Limit, Reads, Writes, answer, returns
from spe.web.leaves import leaves
from spe.web.views import Decided, Declared, OpinionGiven, Voted

router = APIRouter(prefix="/v1", tags=["cases"])
Opined = Annotated[OpinionGiven, Depends(JsonBody(OpinionGiven))]


@router.post("/cases/{id}/opinions", status_code=201, openapi_extra=leaves(OpinionLeft))
def opine(call: Writes, id: Id, said: Opined) -> JSONResponse:  # noqa: A002 - the word of the path
    """Give a technical or an ethics and legal opinion."""
    desk = call.desks.cases
    return call.once(
        lambda: desk.opine(call.person, id, said.kind, favourable=said.favourable, text=said.text), 201
    )


@router.post("/cases/{id}/declarations", status_code=201, openapi_extra=leaves(ConflictDeclared))
def declare(call: Writes, id: Id, said: Annotated[Declared, Depends(JsonBody(Declared))]) -> JSONResponse:  # noqa: A002 - the word of the path
    """Declare whether one has a conflict of interest."""
    return call.once(
        lambda: call.desks.cases.declare(call.person, id, conflict=said.conflict, text=said.text), 201
    )


@router.post("/cases/{id}/votes", status_code=201, openapi_extra=leaves(VoteCast))
def vote(call: Writes, id: Id, said: Annotated[Voted, Depends(JsonBody(Voted))]) -> JSONResponse:  # noqa: A002 - the word of the path
    """Cast the blind first vote."""
    return call.once(
        lambda: call.desks.cases.vote(call.person, id, favour=said.favour, rationale=said.rationale), 201
    )


@router.post("/cases/{id}/decision", status_code=201, openapi_extra=leaves(RequestGranted, RequestRefused))
def decide(call: Writes, id: Id, said: Annotated[Decided, Depends(JsonBody(Decided))]) -> JSONResponse:  # noqa: A002 - the word of the path
    """Grant the request under conditions, or refuse it, with a reasoned letter."""
    return call.once(
        lambda: call.desks.cases.decide(
            call.person, id, grant=said.grant, letter=said.letter, conditions=said.conditions
        ),
        201,
    )


@router.get(
    "/cases",
    responses=returns(dict, "One page of cases that wait for a decision"),
    openapi_extra=leaves(RecordSeen),
)
def waiting(call: Reads, after: After = "", limit: Limit = 50) -> JSONResponse:
    """Return the cases that wait for a decision and that the caller may take part in, with the caller's next act."""
    queue = call.desks.cases.waiting(call.person, after, limit)
    return answer({"items": queue.items, "next": queue.next})


@router.get(
    "/cases/{id}",
    responses=returns(dict, "The case; votes stay hidden until all are cast"),
    openapi_extra=leaves(RecordSeen),
)
def show(call: Reads, id: Id) -> JSONResponse:  # noqa: A002 - the word of the path
    """Return a case."""
    return answer(call.desks.cases.show(call.person, id))
