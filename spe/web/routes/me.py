"""Whoever signed in, as the server takes them: what their token says, and where what waits for them is read."""

from __future__ import annotations

import json
from functools import lru_cache

from fastapi import APIRouter
from starlette.responses import Response

from spe.audit.events.call import OwnDataShown, OwnDataShownAgain
from spe.identity.model import Person, Role
from spe.values import to_data
from spe.web.calls import returns
from spe.web.leaves import leaves, tallied
from spe.web.own import Looked
from spe.web.views import Me

router = APIRouter(prefix="/v1", tags=["identity"])
_QUEUES = {
    "/v1/cases": {Role.COMMITTEE, Role.CHAIR},
    "/v1/outputs": {Role.OUTPUT_CHECKER},
    "/v1/log/timeline": {Role.AUDITOR},
}


@router.get(
    "/me",
    responses=returns(Me),
    openapi_extra=tallied(leaves(OwnDataShown), OwnDataShownAgain),
)
async def me(person: Looked) -> Response:
    """Return what the caller's own token says of them, and the queues that people of their roles read."""
    return Response(_shown(person), media_type="application/json")


@lru_cache(maxsize=4096)
def _shown(person: Person) -> bytes:
    queues = tuple(path for path, roles in _QUEUES.items() if roles & set(person.roles))
    shown = Me(
        id=str(person.id),
        name=person.name,
        organisation=person.organisation,
        roles=person.roles,
        holder=person.holder,
        trained_until=person.trained_until,
        member_until=person.member_until,
        second_factor_at=person.second_factor_at,
        queues=queues,
    )
    return json.dumps(to_data(shown), ensure_ascii=False, separators=(",", ":")).encode()
