"""The record of processing activities (GDPR Art. 30)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse

from spe.audit.events.ropa import RopaExported
from spe.ropa.model import Ropa
from spe.web.calls import Reads, answer, refuses, returns
from spe.web.leaves import leaves

router = APIRouter(prefix="/v1", tags=["audit"])
Scope = Annotated[str, Query(max_length=80, description="Whose: an organisation or a holder; empty for all")]


@router.get(
    "/ropa",
    responses=returns(Ropa, "The record of processing activities") | refuses(422),
    openapi_extra=leaves(RopaExported),
)
def export(call: Reads, scope: Scope = "") -> JSONResponse:
    """Return the record of processing activities; the asking is an entry of the log first."""
    return answer(call.desks.ropa.export(call.person, scope))
