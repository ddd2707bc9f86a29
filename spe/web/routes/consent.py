"""Directives: a data holder imports what its subjects said."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import JSONResponse

from spe.audit.events.consent import DirectivesImported, DirectivesRecorded
from spe.values import to_data
from spe.web.bodies import TABLE_LIMIT, TextBody
from spe.web.calls import Id, Writes, returns
from spe.web.leaves import leaves
from spe.web.views import Imported

router = APIRouter(prefix="/v1", tags=["directives"])
Lines = Annotated[str, Depends(TextBody("text/csv", TABLE_LIMIT))]


@router.post(
    "/holders/{holder}/directives",
    responses=returns(Imported, "What was taken, and each line refused"),
    openapi_extra=leaves(DirectivesRecorded, DirectivesImported),
)
def import_csv(call: Writes, holder: Id, lines: Lines) -> JSONResponse:
    """Append the good lines of a CSV (subject,kind,purpose,effective) to the holder's ledger."""

    def act() -> dict[str, object]:
        report = call.desks.consent.import_csv(call.person, holder, lines)
        return {**to_data(report.done), "taken": report.taken, "refused": to_data(report.refused)}

    return call.once(act)
