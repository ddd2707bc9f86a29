"""Data permits: read, fetch the signed document, suspend, resume, hear, reply, revoke."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import JSONResponse

from spe.audit.events.record import RecordSeen
from spe.permit.model import LEAVES, DataPermit, PermitCommand
from spe.web.bodies import JsonBody
from spe.web.calls import Id, Reads, Writes, answer, returns
from spe.web.leaves import leaves
from spe.web.views import Said, SignedStatement

router = APIRouter(prefix="/v1", tags=["permits"])


def _route(command: PermitCommand, what: str) -> None:
    @router.post(
        f"/permits/{{id}}/{command}", name=command, summary=what, openapi_extra=leaves(LEAVES[command])
    )
    def act(call: Writes, id: Id, said: Annotated[Said, Depends(JsonBody(Said))]) -> JSONResponse:  # noqa: A002
        return call.once(lambda: call.desks.permits.act(call.person, id, command, said.text))


_route(PermitCommand.SUSPEND, "Suspend a permit at once; the text is the reason")
_route(PermitCommand.RESUME, "Resume a suspended permit; the text is the reason")
_route(PermitCommand.HEAR, "Open the hearing that comes before a revocation; the text is the grounds")
_route(PermitCommand.REPLY, "Reply in the hearing")
_route(PermitCommand.REVOKE, "Revoke a permit after its hearing; the text is the reason")


@router.get("/permits/{id}", responses=returns(DataPermit), openapi_extra=leaves(RecordSeen))
def show(call: Reads, id: Id) -> JSONResponse:  # noqa: A002 - the word of the path
    """Return a permit."""
    return answer(call.desks.permits.show(call.person, id))


@router.get("/permits/{id}/document", responses=returns(SignedStatement), openapi_extra=leaves(RecordSeen))
def document(call: Reads, id: Id) -> JSONResponse:  # noqa: A002 - the word of the path
    """Return the permit as the signed document that anybody can verify with the public key alone."""
    return answer(call.desks.permits.document(call.person, id))


@router.get("/requests/{id}/permit", responses=returns(DataPermit), openapi_extra=leaves(RecordSeen))
def of_request(call: Reads, id: Id) -> JSONResponse:  # noqa: A002 - the word of the path
    """Return the permit that was issued for a request."""
    return answer(call.desks.permits.of_request(call.person, id))
