"""What subjects ask for through their holder: a report, and erasure."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import JSONResponse

from spe.audit.events.erasure import ErasureOrdered, SubjectReported
from spe.audit.events.record import RecordSeen
from spe.subject.model import Report
from spe.web.bodies import JsonBody
from spe.web.calls import Id, Reads, Writes, answer, refuses, returns
from spe.web.leaves import leaves
from spe.web.views import ToErase

router = APIRouter(prefix="/v1", tags=["subjects"])
Subject = Annotated[str, Query(max_length=64, description="The pseudonym that the holder gave the subject")]


@router.get(
    "/holders/{holder}/subjects/report",
    responses=returns(Report, "What happened with the subject's data") | refuses(422),
    openapi_extra=leaves(SubjectReported, RecordSeen),
)
def report(call: Reads, holder: Id, subject: Subject = "") -> JSONResponse:
    """Return what happened with a subject's data (GDPR Art. 15); the asking is an entry of the log first."""
    return answer(call.desks.subjects.report(call.person, holder, subject))


@router.post("/holders/{holder}/subjects/erasures", status_code=201, openapi_extra=leaves(ErasureOrdered))
def erase(call: Writes, holder: Id, asked: Annotated[ToErase, Depends(JsonBody(ToErase))]) -> JSONResponse:
    """Order that a subject's traces be erased (GDPR Art. 17); the worker does it."""
    return call.once(lambda: call.desks.erasures.order(call.person, holder, asked.subject, asked.ground), 201)
