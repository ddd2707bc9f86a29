"""A permit's place at a site: its cohort and its workspace."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import JSONResponse

from spe.audit.events.record import RecordSeen
from spe.audit.events.workspace import WorkspaceClosing, WorkspaceOpened
from spe.web.bodies import JsonBody
from spe.web.calls import Id, Reads, Writes, answer, returns
from spe.web.leaves import leaves
from spe.web.views import Said
from spe.workspace.model import Workspace

router = APIRouter(prefix="/v1", tags=["workspaces"])
_AT = "/permits/{permit}/sites/{site}"


@router.get(
    _AT + "/cohort",
    responses=returns(dict, "The cohort's manifest, exact for holder and auditors only"),
    openapi_extra=leaves(RecordSeen),
)
def cohort(call: Reads, permit: Id, site: Id) -> JSONResponse:
    """Return the manifest of the permit's cohort at the site."""
    return answer(call.desks.cohorts.show(call.person, permit, site))


@router.post(_AT + "/workspace/open", status_code=201, openapi_extra=leaves(WorkspaceOpened))
def open_workspace(call: Writes, permit: Id, site: Id) -> JSONResponse:
    """Open the permit's workspace at the site."""
    return call.once(lambda: call.desks.workspaces.open(call.person, permit, site), 201)


@router.post(_AT + "/workspace/close", openapi_extra=leaves(WorkspaceClosing))
def close(call: Writes, permit: Id, site: Id, said: Annotated[Said, Depends(JsonBody(Said))]) -> JSONResponse:
    """Close the workspace for good: its runs end, its data go."""
    return call.once(lambda: call.desks.workspaces.close(call.person, permit, site, said.text))


@router.get(_AT + "/workspace", responses=returns(Workspace), openapi_extra=leaves(RecordSeen))
def show(call: Reads, permit: Id, site: Id) -> JSONResponse:
    """Return the workspace's state."""
    return answer(call.desks.workspaces.show(call.person, permit, site))
