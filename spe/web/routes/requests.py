"""Requests: preflight, submit, return, resubmit, withdraw, read."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import JSONResponse

from spe.audit.events.record import RecordSeen
from spe.audit.events.request import RequestPreflighted, RequestReturned, RequestSubmitted, RequestWithdrawn
from spe.request.model import AccessRequest, Application
from spe.web.bodies import JsonBody
from spe.web.calls import Id, Reads, Writes, answer, returns
from spe.web.languages import chosen
from spe.web.leaves import leaves
from spe.web.problems import told
from spe.web.views import Preflighted

router = APIRouter(prefix="/v1", tags=["requests"])
Asked = Annotated[Application, Depends(JsonBody(Application))]


@router.post(
    "/requests/preflight",
    responses=returns(Preflighted, "Which rules would refuse this draft"),
    openapi_extra=leaves(RequestPreflighted),
)
def preflight(call: Reads, application: Asked) -> JSONResponse:
    """Say which rules would refuse this draft; nothing is kept of it."""
    verdict = call.desks.requests.preflight(call.person, application)
    reasons = told(call.edge.explain, verdict.reasons, chosen(call.languages))
    duties = [duty.code for duty in verdict.obligations]
    return JSONResponse({"allowed": verdict.allow, "reasons": reasons, "obligations": duties})


@router.post("/requests", status_code=201, openapi_extra=leaves(RequestSubmitted))
def submit(call: Writes, application: Asked) -> JSONResponse:
    """Submit an application."""
    return call.once(lambda: call.desks.requests.submit(call.person, application), 201)


@router.post("/requests/{id}/resubmit", openapi_extra=leaves(RequestSubmitted))
def resubmit(call: Writes, id: Id, application: Asked) -> JSONResponse:  # noqa: A002 - the word of the path
    """Submit a returned request anew, completed."""
    return call.once(lambda: call.desks.requests.resubmit(call.person, id, application))


@router.post("/requests/{id}/return", openapi_extra=leaves(RequestReturned))
def send_back(call: Writes, id: Id) -> JSONResponse:  # noqa: A002 - the word of the path
    """Return a request to its applicant for completion."""
    return call.once(lambda: call.desks.requests.send_back(call.person, id))


@router.post("/requests/{id}/withdraw", openapi_extra=leaves(RequestWithdrawn))
def withdraw(call: Writes, id: Id) -> JSONResponse:  # noqa: A002 - the word of the path
    """Take a request back."""
    return call.once(lambda: call.desks.requests.withdraw(call.person, id))


@router.get("/requests/{id}", responses=returns(AccessRequest), openapi_extra=leaves(RecordSeen))
def show(call: Reads, id: Id) -> JSONResponse:  # noqa: A002 - the word of the path
    """Return a request."""
    return answer(call.desks.requests.show(call.person, id))
