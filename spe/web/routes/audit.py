"""The log: its head for everybody, timeline, export and receipts for those who may read them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import JSONResponse, PlainTextResponse, StreamingResponse

from spe.audit.events.record import LogRead
from spe.audit.search import Search
from spe.oversight.hint import Hint
from spe.values import to_data
from spe.web.bodies import JsonBody
from spe.web.calls import After, Reads, Writes, answer, begun, edge, returns, streams
from spe.web.languages import chosen
from spe.web.leaves import counted, leaves
from spe.web.problems import told
from spe.web.views import Purged

router = APIRouter(prefix="/v1", tags=["audit"])
_INSTANT = "an instant with its zone, such as 2026-03-01T09:00:00Z"
About = Annotated[
    str, Query(max_length=200, description="What the entries are about: an identifier, or empty for all")
]
Type = Annotated[
    str, Query(max_length=60, description="A type of entry, or what types begin with, such as permit")
]
Since = Annotated[str, Query(max_length=40, description=f"Not before {_INSTANT}")]
Before = Annotated[str, Query(max_length=40, description=f"Before {_INSTANT}")]
Word = Annotated[str, Query(max_length=200, description="Of whoever acted")]
Index = Annotated[int, Query(ge=0, lt=2**53, description="A number of entries, or the index of one")]
Whole = Annotated[
    bool, Query(description="Also what belongs to the permit or request that the entries are about")
]
Many = Annotated[int, Query(ge=1, le=1000, description="How many at most")]
Size = Annotated[
    str, Query(max_length=15, description="Only what is in a log of this size, as the first page gave it")
]


def search(
    about: About = "",
    type: Type = "",  # noqa: A002 - the word of the query
    since: Since = "",
    before: Before = "",
    role: Word = "",
    organisation: Word = "",
) -> Search:
    """Return what is asked for."""
    return Search(about=about, type=type, since=since, before=before, role=role, organisation=organisation)


@router.get("/log/head", responses=returns(dict, "The newest signed checkpoint"), openapi_extra=counted())
def head(request: Request) -> JSONResponse:
    """Return the newest checkpoint; anybody may keep it and hold the log to it."""
    return answer(edge(request).desks.audit.head())


@router.get(
    "/log/timeline",
    responses=returns(dict, "One page of entries; the reading is an entry itself"),
    openapi_extra=leaves(LogRead),
)
def timeline(
    call: Reads,
    wanted: Annotated[Search, Depends(search)],
    after: After = "",
    size: Size = "",
    limit: Many = 50,
    whole: Whole = False,
) -> JSONResponse:
    """Return what the log holds about something, in order; a page may be empty and yet have a `next`."""
    found = call.desks.audit.timeline(call.person, wanted, after=after, size=size, limit=limit, whole=whole)
    following = None if found.next is None else str(found.next)
    return answer({"items": found.items, "next": following, "size": found.size})


@router.get(
    "/log/hints",
    responses=returns(dict, "What is worth a look, in `items`, each with its entries"),
    openapi_extra=leaves(LogRead),
)
def hints(call: Reads, since: Since = "", before: Before = "") -> JSONResponse:
    """Return what is out of the ordinary in a time: questions to ask, never findings."""
    found = call.desks.hints.find(call.person, since, before)
    language = chosen(call.languages)
    items = [{**told(call.edge.explain, (one.why,), language)[0], **_without_why(one)} for one in found.items]
    return answer({"items": items, "first": found.first, "size": found.size})


@router.post("/log/purge", openapi_extra=leaves())
def purge(call: Writes, asked: Annotated[Purged, Depends(JsonBody(Purged))]) -> JSONResponse:
    """Refuse to delete entries, with every reason; the refusal is an entry."""
    return call.once(lambda: call.desks.retention.purge(call.person, asked.before))


@router.get(
    "/log/export",
    responses=streams("application/zip", "The exported folder, verifiable offline"),
    openapi_extra=leaves(LogRead),
)
def export(call: Reads) -> StreamingResponse:
    """Return the whole log as a folder that `spe audit verify` checks with the public key alone."""
    return StreamingResponse(begun(call.desks.audit.export(call.person)), media_type="application/zip")


@router.get(
    "/log/proof",
    responses=streams("text/plain", "A C2SP tlog-proof with the entry in it"),
    openapi_extra=leaves(LogRead),
)
def proof(call: Reads, index: Index) -> PlainTextResponse:
    """Return the proof that an entry is in the signed log, for `spe audit check-proof` or any other checker."""
    return PlainTextResponse(call.desks.proofs.inclusion(call.person, index))


@router.get(
    "/log/consistency",
    responses=returns(dict, "Hashes in base64 (RFC 6962, 2.1.2)"),
    openapi_extra=leaves(LogRead),
)
def consistency(call: Reads, old: Index, new: Index) -> JSONResponse:
    """Return the proof that the log of `new` entries begins with the log of `old`."""
    return answer(call.desks.proofs.consistency(call.person, old, new))


@router.get(
    "/receipts", responses=returns(dict, "Signed receipts, in `items`"), openapi_extra=leaves(LogRead)
)
def receipts(call: Reads, about: About = "") -> JSONResponse:
    """Return how every holder of data answered a fact."""
    return answer({"items": call.desks.audit.receipts(call.person, about)})


def _without_why(hint: Hint) -> dict[str, Any]:
    return {name: value for name, value in to_data(hint).items() if name != "why"}
