"""What of an output its viewers may see, and which command a review's outcome is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spe.output.checks.told import told
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
    and of a finding only that a cell or a file can't leave.
    """
    view: dict[str, Any] = to_data(output)
    if output.status in _OPEN:
        view["reviews"] = [review for review in view["reviews"] if review["by"] == checker]
    if not checker:
        view["findings"] = to_data(told(str(output.layout.get("kind", "")), output.findings))
        view["reviews"] = [{"answer": review["answer"], "note": review["note"]} for review in view["reviews"]]
        for name in ("sha256", "size", "raw_sha256", "rows", "cohort"):
            del view[name]
    return view
