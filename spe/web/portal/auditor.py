"""The auditor's pages: search, timeline, verify now, export, a proof of one entry. Every look is an entry itself."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Query
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from spe.audit.events.record import LogRead
from spe.audit.reading import Page
from spe.audit.search import Search
from spe.audit.verify import BadLog, Verified
from spe.errors import Malformed, SpeError
from spe.values import to_data
from spe.web.calls import After, begun
from spe.web.leaves import leaves
from spe.web.portal.forms import Looks, Sends, Visitor, page_router
from spe.web.portal.page import page
from spe.web.portal.refused import told
from spe.web.routes.audit import Index, Size, search

router = page_router()
_PER_PAGE = 50
_VERIFYING = threading.BoundedSemaphore(1)
Asked = Annotated[Search, Depends(search)]
Whole = Annotated[str, Query(max_length=3)]


@router.get("/log", openapi_extra=leaves(LogRead))
def timeline(call: Looks, wanted: Asked, after: After = "", size: Size = "", whole: Whole = "") -> Response:
    """Show the log's entries that fit, in their order, page by page of the log as it was at the first."""
    try:
        found = call.desks.audit.timeline(
            call.person, wanted, after=after, size=size, limit=_PER_PAGE, whole=bool(whole)
        )
    except Malformed as error:
        return _log(call, wanted, None, whole=whole, error=error)
    return _log(call, wanted, found, whole=whole)


@router.post("/log/verify", openapi_extra=leaves(LogRead))
def verify(call: Sends) -> Response:
    """Verify the whole log now, as anybody could offline, and show what was proved or the first bad entry."""
    result, error = _verified(call)
    head = call.desks.audit.head()
    return page(call.request, "verified.html", result=result, error=error, head=head)


@router.get("/log/export", openapi_extra=leaves(LogRead))
def export(call: Looks) -> Response:
    """Return the log as a folder in a zip that verifies offline with the public key alone."""
    headers = {"Content-Disposition": 'attachment; filename="log.zip"'}
    chunks = begun(call.desks.audit.export(call.person))
    return StreamingResponse(chunks, media_type="application/zip", headers=headers)


@router.get("/log/proof", openapi_extra=leaves(LogRead))
def proof(call: Looks, index: Index) -> Response:
    """Return the proof that an entry is in the signed log."""
    headers = {"Content-Disposition": f'attachment; filename="entry-{index}.tlog-proof"'}
    return PlainTextResponse(call.desks.proofs.inclusion(call.person, index), headers=headers)


def _verified(call: Visitor) -> tuple[Verified | None, Mapping[str, Any] | None]:
    """Verify, one at a time: a long log is work, and a second one would prove the same."""
    if not _VERIFYING.acquire(blocking=False):
        return None, {"busy": True}
    try:
        return call.desks.audit.verify(call.person), None
    except BadLog as bad:
        return None, {"what": str(bad), "index": bad.index}
    finally:
        _VERIFYING.release()


def _log(
    call: Visitor, wanted: Search, found: Page | None, *, whole: str, error: SpeError | None = None
) -> Response:
    asked: dict[str, str] = {name: value for name, value in to_data(wanted).items() if name != "also"}
    asked["whole"] = whole
    shown = told(call.request, error) if error else None
    following = ""
    if found is not None and found.next is not None:
        given = {name: value for name, value in asked.items() if value}
        following = "/log?" + urlencode({**given, "after": str(found.next), "size": str(found.size)})
    return page(
        call.request,
        "log.html",
        shown["status"] if shown else 200,
        asked=asked,
        entries=[_line(entry) for entry in found.items] if found else [],
        size=found.size if found else None,
        following=following,
        error=shown,
    )


def _line(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an entry for reading: who, when, what, and its fields one by one."""
    data: Mapping[str, Any] = entry["data"]
    fields = [(name, _short(value)) for name, value in sorted(data.items())]
    return {**entry, "fields": fields}


def _short(value: Any) -> str:
    """Return a field's value as text; a digest's first letters do to tell it from another."""
    if isinstance(value, list):
        return ", ".join(_short(one) for one in value)
    text = str(value)
    return f"{text[:12]}…" if len(text) >= 40 and " " not in text else text
