"""The log: its head for everybody, timeline, export and receipts for those who may read them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse, StreamingResponse

from spe.web.calls import After, Limit, Reads, answer, begun, edge, page, returns, streams

router = APIRouter(prefix="/v1", tags=["audit"])
About = Annotated[
    str, Query(max_length=200, description="What the entries are about: an identifier, or empty for all")
]


@router.get("/log/head", responses=returns(dict, "The newest signed checkpoint"))
def head(request: Request) -> JSONResponse:
    """Return the newest checkpoint; anybody may keep it and hold the log to it."""
    return answer(edge(request).desks.audit.head())


@router.get("/log/timeline", responses=returns(dict, "One page of entries; the reading is an entry itself"))
def timeline(call: Reads, about: About = "", after: After = "", limit: Limit = 50) -> JSONResponse:
    """Return what the log holds about something, in order."""
    return page(call.desks.audit.timeline(call.person, about, after, limit), limit, "index")


@router.get("/log/export", responses=streams("application/zip", "The exported folder, verifiable offline"))
def export(call: Reads) -> StreamingResponse:
    """Return the whole log as a folder that `spe audit verify` checks with the public key alone."""
    return StreamingResponse(begun(call.desks.audit.export(call.person)), media_type="application/zip")


@router.get("/receipts", responses=returns(dict, "Signed receipts, in `items`"))
def receipts(call: Reads, about: About = "") -> JSONResponse:
    """Return how every holder of data answered a fact."""
    return answer({"items": call.desks.audit.receipts(call.person, about)})
