"""Releases: ask, read, download, recall."""

from __future__ import annotations

import base64
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import JSONResponse, StreamingResponse

from spe.audit.events.record import ObjectOpened, RecordSeen
from spe.audit.events.release import ReleaseAsked, ReleaseDownloaded, ReleaseRecalled
from spe.web.bodies import JsonBody
from spe.web.calls import Id, Reads, Writes, answer, begun, returns, streams
from spe.web.leaves import leaves
from spe.web.views import Asked, Said

router = APIRouter(prefix="/v1", tags=["releases"])


@router.post("/releases", status_code=201, openapi_extra=leaves(ReleaseAsked))
def ask(call: Writes, asked: Annotated[Asked, Depends(JsonBody(Asked))]) -> JSONResponse:
    """Ask for approved outputs to be released together."""
    return call.once(
        lambda: call.desks.releases.ask(call.person, asked.permit, asked.site, asked.outputs), 201
    )


@router.get(
    "/releases/{id}",
    responses=returns(dict, "The release and what is in it"),
    openapi_extra=leaves(RecordSeen),
)
def show(call: Reads, id: Id) -> JSONResponse:  # noqa: A002 - the word of the path
    """Return a release."""
    return answer(call.desks.releases.show(call.person, id))


@router.get(
    "/releases/{id}/content",
    responses=streams("application/zip", "The released zip"),
    openapi_extra=leaves(ReleaseDownloaded, ObjectOpened),
)
def download(call: Reads, id: Id) -> StreamingResponse:  # noqa: A002 - the word of the path
    """Return the released zip; the reading is in the log before the first byte."""
    name, sha256, chunks = call.desks.releases.download(call.person, id)
    digest = base64.b64encode(bytes.fromhex(sha256)).decode()
    headers = {"Repr-Digest": f"sha-256=:{digest}:", "Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(begun(chunks), media_type="application/zip", headers=headers)


@router.post("/releases/{id}/recall", openapi_extra=leaves(ReleaseRecalled))
def recall(call: Writes, id: Id, said: Annotated[Said, Depends(JsonBody(Said))]) -> JSONResponse:  # noqa: A002 - the word of the path
    """Recall a release."""
    return call.once(lambda: call.desks.releases.recall(call.person, id, said.text))
