"""The catalogue: announce, deliver, withdraw, browse, read."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import JSONResponse

from spe.audit.events.catalogue import DatasetDelivered, DatasetRegistered, DatasetWithdrawn
from spe.audit.events.record import RecordSeen
from spe.catalogue.model import Dataset
from spe.web.bodies import Chunks, JsonBody, StreamBody
from spe.web.calls import After, Id, Limit, Reads, Writes, answer, page, returns
from spe.web.leaves import leaves

DELIVERY_LIMIT = 2 << 30
router = APIRouter(prefix="/v1", tags=["catalogue"])
Entry = Annotated[Dataset, Depends(JsonBody(Dataset))]
Delivered = Annotated[Chunks, Depends(StreamBody("text/csv", DELIVERY_LIMIT))]


@router.post("/datasets", status_code=201, openapi_extra=leaves(DatasetRegistered))
def register(call: Writes, entry: Entry) -> JSONResponse:
    """Announce a dataset by its entry."""
    return call.once(lambda: call.desks.catalogue.register(call.person, entry), 201)


@router.post("/datasets/{id}/data", openapi_extra=leaves(DatasetDelivered))
def deliver(call: Writes, id: Id, chunks: Delivered) -> JSONResponse:  # noqa: A002 - the word of the path
    """Deliver the dataset's rows; they are checked against the codebook and sealed as they come."""
    return call.once(lambda: call.desks.catalogue.deliver(call.person, id, chunks))


@router.post("/datasets/{id}/withdraw", openapi_extra=leaves(DatasetWithdrawn))
def withdraw(call: Writes, id: Id) -> JSONResponse:  # noqa: A002 - the word of the path
    """Take a dataset out of the catalogue."""
    return call.once(lambda: call.desks.catalogue.withdraw(call.person, id))


@router.get(
    "/datasets",
    responses=returns(dict, "One page of entries with coarse counts"),
    openapi_extra=leaves(RecordSeen),
)
def browse(call: Reads, after: After = "", limit: Limit = 50) -> JSONResponse:
    """Return published entries in the order of their identifiers."""
    return page(call.desks.catalogue.browse(call.person, after, limit), limit)


@router.get(
    "/datasets/{id}",
    responses=returns(dict, "The entry; exact counts for its holder and auditors only"),
    openapi_extra=leaves(RecordSeen),
)
def show(call: Reads, id: Id) -> JSONResponse:  # noqa: A002 - the word of the path
    """Return one entry."""
    return answer(call.desks.catalogue.show(call.person, id))
