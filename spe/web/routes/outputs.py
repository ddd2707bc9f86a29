"""Outputs: read, submit, answer, take the fix, review."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import JSONResponse, Response

from spe.audit.events.output import OutputAnswered, OutputFixed, OutputReviewGiven, OutputSubmitted
from spe.audit.events.record import ObjectOpened, RecordSeen
from spe.web.bodies import JsonBody
from spe.web.calls import After, Id, Limit, Reads, Writes, answer, page, returns, streams
from spe.web.leaves import leaves
from spe.web.views import Reviewed, Said

router = APIRouter(prefix="/v1", tags=["outputs"])
Text = Annotated[Said, Depends(JsonBody(Said))]


@router.get(
    "/runs/{id}/outputs",
    responses=returns(dict, "The outputs of a run, in `items`"),
    openapi_extra=leaves(RecordSeen),
)
def of_run(call: Reads, id: Id) -> JSONResponse:  # noqa: A002 - the word of the path
    """Return the outputs of a run."""
    return answer({"items": call.desks.outputs.of_run(call.person, id)})


@router.get(
    "/outputs",
    responses=returns(dict, "One page of outputs that wait for checkers"),
    openapi_extra=leaves(RecordSeen),
)
def waiting(call: Reads, after: After = "", limit: Limit = 50) -> JSONResponse:
    """Return the outputs that wait for checkers, in the order of their identifiers."""
    return page(call.desks.outputs.waiting(call.person, after, limit), limit)


@router.get(
    "/outputs/{id}",
    responses=returns(dict, "The output with its findings and suggested fix"),
    openapi_extra=leaves(RecordSeen),
)
def show(call: Reads, id: Id) -> JSONResponse:  # noqa: A002 - the word of the path
    """Return an output."""
    return answer(call.desks.outputs.show(call.person, id))


@router.get(
    "/outputs/{id}/content",
    responses=streams("application/octet-stream", "The canonical bytes"),
    openapi_extra=leaves(RecordSeen, ObjectOpened),
)
def content(call: Reads, id: Id) -> Response:  # noqa: A002 - the word of the path
    """Return an output's canonical bytes, for those who check it."""
    return Response(call.desks.outputs.content(call.person, id), media_type="application/octet-stream")


@router.post("/outputs/{id}/submit", openapi_extra=leaves(OutputSubmitted))
def submit(call: Writes, id: Id, said: Text) -> JSONResponse:  # noqa: A002 - the word of the path
    """Submit an output to the checkers; the text justifies what the machine stopped."""
    return call.once(lambda: call.desks.outputs.submit(call.person, id, said.text))


@router.post("/outputs/{id}/answer", openapi_extra=leaves(OutputAnswered))
def reply(call: Writes, id: Id, said: Text) -> JSONResponse:  # noqa: A002 - the word of the path
    """Answer a checker's question."""
    return call.once(lambda: call.desks.outputs.answer(call.person, id, said.text))


@router.post("/outputs/{id}/fix", status_code=201, openapi_extra=leaves(OutputFixed))
def fix(call: Writes, id: Id) -> JSONResponse:  # noqa: A002 - the word of the path
    """Take the suggested fix: a new output of the same run, merged by trusted code."""
    return call.once(lambda: call.desks.outputs.fix(call.person, id), 201)


@router.post("/outputs/{id}/reviews", status_code=201, openapi_extra=leaves(OutputReviewGiven))
def review(call: Writes, id: Id, said: Annotated[Reviewed, Depends(JsonBody(Reviewed))]) -> JSONResponse:  # noqa: A002 - the word of the path
    """Give a checker's answer on the bytes with this digest."""
    return call.once(
        lambda: call.desks.outputs.review(call.person, id, said.answer, said.sha256, said.note), 201
    )
