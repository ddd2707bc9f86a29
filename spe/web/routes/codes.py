"""Project code: register, approve, reject, read for review."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from starlette.responses import JSONResponse, Response

from spe.audit.events.code import CodeApproved, CodeRegistered, CodeRejected
from spe.audit.events.record import RecordSeen
from spe.code.upload import Upload
from spe.web.bodies import PROJECT_LIMIT, JsonBody
from spe.web.calls import Id, Reads, Writes, answer, returns, streams
from spe.web.leaves import leaves
from spe.web.views import Seen

router = APIRouter(prefix="/v1", tags=["code"])
Project = Annotated[Upload, Depends(JsonBody(Upload, PROJECT_LIMIT))]
SeenDigest = Annotated[Seen, Depends(JsonBody(Seen))]
Source = Annotated[str, Path(max_length=900, pattern=r"^[A-Za-z0-9_][A-Za-z0-9_./-]*$")]


@router.post("/permits/{permit}/codes", status_code=201, openapi_extra=leaves(CodeRegistered))
def register(call: Writes, permit: Id, project: Project) -> JSONResponse:
    """Register a project's source tree with its entry point, parameters and declared outputs."""
    return call.once(lambda: call.desks.code.register(call.person, permit, project), 201)


@router.post("/codes/{id}/approve", openapi_extra=leaves(CodeApproved))
def approve(call: Writes, id: Id, seen: SeenDigest) -> JSONResponse:  # noqa: A002 - the word of the path
    """Approve the manifest with this digest."""
    return call.once(lambda: call.desks.code.approve(call.person, id, seen.digest))


@router.post("/codes/{id}/reject", openapi_extra=leaves(CodeRejected))
def reject(call: Writes, id: Id, seen: SeenDigest) -> JSONResponse:  # noqa: A002 - the word of the path
    """Reject the manifest with this digest, for good."""
    return call.once(lambda: call.desks.code.reject(call.person, id, seen.digest))


@router.get(
    "/codes/{id}",
    responses=returns(dict, "The manifest, its digest and who approved it"),
    openapi_extra=leaves(RecordSeen),
)
def show(call: Reads, id: Id) -> JSONResponse:  # noqa: A002 - the word of the path
    """Return code for review."""
    return answer(call.desks.code.show(call.person, id))


@router.get(
    "/codes/{id}/files/{path:path}",
    responses=streams("application/octet-stream", "The file as it was sealed"),
    openapi_extra=leaves(RecordSeen),
)
def file(call: Reads, id: Id, path: Source) -> Response:  # noqa: A002 - the word of the path
    """Return one source file."""
    return Response(call.desks.code.file(call.person, id, path), media_type="application/octet-stream")
