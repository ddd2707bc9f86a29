"""The output checker's pages: what waits, and one output with its evidence and the blind answer."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from starlette.responses import PlainTextResponse, Response

from spe.audit.events.output import OutputReviewGiven
from spe.audit.events.record import ObjectOpened, RecordSeen
from spe.errors import Reason, SpeError
from spe.output.model import Answer
from spe.policy.enforce import Done
from spe.web.calls import After, Id
from spe.web.leaves import leaves
from spe.web.portal.buttons import button
from spe.web.portal.forms import Looks, Sends, Visitor, page_router
from spe.web.portal.notices import Said, done_text
from spe.web.portal.page import explained, inert, page
from spe.web.portal.refused import told

router = page_router()
_PER_PAGE = 50
_MOST_ROWS = 1000
_MOST_BYTES = 200_000
_INTERVAL = ("from", "to")


@router.get("/outputs", openapi_extra=leaves(RecordSeen))
def outputs(call: Looks, after: After = "") -> Response:
    """Show the outputs that wait for checkers, oldest first."""
    found = call.desks.outputs.waiting(call.person, after, _PER_PAGE)
    following = str(found[-1]["id"]) if len(found) >= _PER_PAGE else None
    lines = [{**one, "answered": _answered(one, str(call.person.id))} for one in found]
    return page(call.request, "outputs.html", lines=lines, following=following)


@router.get("/outputs/{id}", openapi_extra=leaves(RecordSeen, ObjectOpened))
def output(call: Looks, id: Id, done: Said = "") -> Response:  # noqa: A002 - the word of the path
    """Show an output: what the machine found, every figure, and the answers that can be given."""
    return _screen(call, id, done=done)


@router.get("/outputs/{id}/content", openapi_extra=leaves(RecordSeen, ObjectOpened))
def content(call: Looks, id: Id) -> Response:  # noqa: A002 - the word of the path
    """Return the very bytes that are checked, as text in which nothing is alive."""
    data = call.desks.outputs.content(call.person, id)
    return inert(PlainTextResponse(data.decode("utf-8", "backslashreplace")))


@router.post("/outputs/{id}/review", openapi_extra=leaves(OutputReviewGiven))
def review(call: Sends, id: Id) -> Response:  # noqa: A002 - the word of the path
    """Give an answer on the bytes that this page showed."""

    def act() -> Done:
        call.only("answer", "sha256", "note")
        answer = Answer(call.choice("answer", *Answer))
        seen, note = call.form.get("sha256", ""), call.form.get("note", "")
        return call.desks.outputs.review(call.person, id, answer, seen, note)

    there = f"/outputs/{id}?done=review"
    return call.attempt(act, there, lambda error: _screen(call, id, typed=call.form, error=error))


def _screen(
    call: Visitor,
    id_: str,
    *,
    done: str = "",
    typed: Mapping[str, str] | None = None,
    error: SpeError | None = None,
) -> Response:
    screen = call.desks.outputs.screen(call.person, id_)
    view, request = screen.view, call.request
    data = call.desks.outputs.content(call.person, id_) if view.get("sha256") else b""
    shown = told(request, error) if error else None
    return page(
        request,
        "output.html",
        shown["status"] if shown else 200,
        output=view,
        findings=_findings(call, view["findings"]),
        figures=figures(view, data),
        acts={answer.value: button(request, answer, screen.verdicts[answer]) for answer in Answer},
        done=done_text(request, done),
        typed=typed or {},
        error=shown,
    )


def _answered(output: Mapping[str, Any], person: str) -> bool:
    return any(review["by"] == person for review in output.get("reviews", ()) if "by" in review)


def _findings(call: Visitor, findings: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the findings for reading: each rule once, with every cell that it is about."""
    grouped: dict[tuple[Any, ...], list[Sequence[str]]] = {}
    for one in findings:
        params = tuple((str(name), str(value)) for name, value in one["params"])
        cells = grouped.setdefault((one["code"], params, one["severity"]), [])
        cells += [one["cell"]] if one["cell"] else []
    return [
        {
            "severity": severity,
            "cells": cells,
            "why": explained(call.request, (Reason(code, params),))[0],
        }
        for (code, params, severity), cells in grouped.items()
    ]


def figures(output: Mapping[str, Any], data: bytes) -> Mapping[str, Any]:
    """Return the canonical table: its columns, and each row with the findings about it; else the file's text.

    At most 1,000 rows, or 200,000 bytes of text; `cut` says that there are more.
    """
    text = data[:_MOST_BYTES].decode("utf-8", "backslashreplace")
    if output["layout"].get("kind") == "other":
        return {"columns": [], "rows": [], "text": text, "cut": len(data) > _MOST_BYTES}
    columns, *rows = list(csv.reader(io.StringIO(text))) or [[]]
    dimensions = [one["name"] for one in output["layout"].get("dimensions", ())]
    marked = [_row(columns, row, dimensions, output["findings"]) for row in rows[:_MOST_ROWS]]
    cut = len(rows) > _MOST_ROWS or len(data) > _MOST_BYTES
    return {"columns": columns, "rows": marked, "text": "", "cut": cut}


def _row(
    columns: Sequence[str],
    row: Sequence[str],
    dimensions: Sequence[str],
    findings: Sequence[Mapping[str, Any]],
) -> Mapping[str, Any]:
    named = dict(zip(columns, row, strict=False))
    labels = list(_labels(named, dimensions))
    about = [one for one in findings if one["cell"] and list(one["cell"]) == labels]
    worst = "stop" if any(one["severity"] == "stop" for one in about) else "look" if about else ""
    return {
        "cells": row,
        "labels": len(dimensions),
        "worst": worst,
        "codes": sorted({one["code"] for one in about}),
    }


def _labels(named: Mapping[str, str], dimensions: Sequence[str]) -> Iterator[str]:
    """Yield a row's labels as findings name its cell; of a life table the interval is the last."""
    yield from (named.get(name, "") for name in dimensions)
    if set(_INTERVAL) <= set(named):
        yield f"{named['from']}-<{named['to']}"
