"""Runs: start, stop, read, and the signed record of what isolated them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import JSONResponse, Response

from spe.audit.events.record import RecordSeen
from spe.audit.events.run import RunEnded, RunQueued
from spe.run.service import StartRun
from spe.web.bodies import JsonBody
from spe.web.calls import Id, Reads, Writes, answer, returns, streams
from spe.web.leaves import leaves
from spe.web.views import SignedStatement

router = APIRouter(prefix="/v1", tags=["runs"])


@router.post("/runs", status_code=201, openapi_extra=leaves(RunQueued))
def start(call: Writes, wanted: Annotated[StartRun, Depends(JsonBody(StartRun))]) -> JSONResponse:
    """Queue a run: of approved code on real data, or of any registered code on the synthetic twin."""
    return call.once(lambda: call.desks.runs.start(call.person, wanted), 201)


@router.post("/runs/{id}/stop", openapi_extra=leaves(RunEnded))
def stop(call: Writes, id: Id) -> JSONResponse:  # noqa: A002 - the word of the path
    """Stop a run."""
    return call.once(lambda: call.desks.runs.stop(call.person, id))


@router.get(
    "/runs/{id}",
    responses=returns(dict, "The run as its reader may hear of it"),
    openapi_extra=leaves(RecordSeen),
)
def show(call: Reads, id: Id) -> JSONResponse:  # noqa: A002 - the word of the path
    """Return a run."""
    return answer(call.desks.runs.show(call.person, id))


@router.get("/runs/{id}/record", responses=returns(SignedStatement), openapi_extra=leaves(RecordSeen))
def record(call: Reads, id: Id) -> JSONResponse:  # noqa: A002 - the word of the path
    """Return the signed record of what ran, how isolated, with what limits; for auditors and the holder."""
    return answer(call.desks.runs.record(call.person, id))


@router.get(
    "/runs/{id}/twin-outputs/{name}",
    responses=streams("application/octet-stream", "What a twin run wrote"),
    openapi_extra=leaves(RecordSeen),
)
def twin_output(call: Reads, id: Id, name: Id) -> Response:  # noqa: A002 - the word of the path
    """Return a file of a twin run, which read synthetic rows only."""
    return Response(call.desks.runs.twin_output(call.person, id, name), media_type="application/octet-stream")
