"""What of an output its viewers may see, and which command a review's outcome is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spe.output.model import Output, OutputCommand, OutputStatus
from spe.values import to_data

OUTCOMES: Mapping[str, OutputCommand] = {
    "wait": OutputCommand.REVIEW,
    "ask": OutputCommand.ASK,
    "approve": OutputCommand.APPROVE,
    "reject": OutputCommand.REJECT,
    "disagree": OutputCommand.DISAGREE,
    "settle_approve": OutputCommand.SETTLE_APPROVE,
    "settle_reject": OutputCommand.SETTLE_REJECT,
}
_OPEN = frozenset({OutputStatus.IN_REVIEW, OutputStatus.RETURNED})


def shown(output: Output, checker: str) -> dict[str, Any]:
    """Return the output as its viewer may see it; `checker` is a checker's or auditor's id, or "" for everybody else.

    A first review stays hidden from the next checker; data users see no digest of bytes that they were not given,
    and no finding that would tell empty from small.
    """
    view: dict[str, Any] = to_data(output)
    if output.status in _OPEN:
        view["reviews"] = [review for review in view["reviews"] if review["by"] == checker]
    if not checker:
        view["findings"] = [finding for finding in view["findings"] if finding["audience"] == "everybody"]
        view["reviews"] = [{"answer": review["answer"], "note": review["note"]} for review in view["reviews"]]
        for name in ("sha256", "size", "raw_sha256", "rows", "cohort"):
            del view[name]
    return view
