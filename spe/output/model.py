"""An output: one declared file of a run, on its way through machine checks and two trained people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from spe.audit.events import Event, StaffRef
from spe.audit.events.output import (
    OutputAnswered,
    OutputChecked,
    OutputDestroyed,
    OutputHeld,
    OutputRechecked,
    OutputReviewGiven,
    OutputSubmitted,
)
from spe.audit.events.release import ReleaseMade


class OutputStatus(StrEnum):
    """Where an output stands; no state but `approved` can be released."""

    COLLECTED = "collected"
    STOPPED = "stopped"
    PASSED = "passed"
    IN_REVIEW = "in_review"
    RETURNED = "returned"
    RECONCILING = "reconciling"
    APPROVED = "approved"
    RELEASED = "released"
    REJECTED = "rejected"
    HELD = "held"
    DESTROYED = "destroyed"


class OutputCommand(StrEnum):
    """What happens to an output. Only `approve` and `settle_approve` lead to `approved`."""

    STOP = "stop"
    PASS = "pass"  # noqa: S105 - not a password
    SUBMIT = "submit"
    REVIEW = "review"
    ASK = "ask"
    ANSWER = "answer"
    APPROVE = "approve"
    REJECT = "reject"
    DISAGREE = "disagree"
    SETTLE_APPROVE = "settle_approve"
    SETTLE_REJECT = "settle_reject"
    HOLD = "hold"
    RECHECK = "recheck"
    RELEASE = "release"
    DESTROY = "destroy"


_S, _C = OutputStatus, OutputCommand
TRANSITIONS: Mapping[tuple[OutputStatus, OutputCommand], OutputStatus] = {
    (_S.COLLECTED, _C.STOP): _S.STOPPED,
    (_S.COLLECTED, _C.PASS): _S.PASSED,
    (_S.STOPPED, _C.SUBMIT): _S.IN_REVIEW,
    (_S.PASSED, _C.SUBMIT): _S.IN_REVIEW,
    (_S.IN_REVIEW, _C.REVIEW): _S.IN_REVIEW,
    (_S.IN_REVIEW, _C.ASK): _S.RETURNED,
    (_S.RETURNED, _C.ANSWER): _S.IN_REVIEW,
    (_S.IN_REVIEW, _C.APPROVE): _S.APPROVED,
    (_S.IN_REVIEW, _C.REJECT): _S.REJECTED,
    (_S.IN_REVIEW, _C.DISAGREE): _S.RECONCILING,
    (_S.RECONCILING, _C.SETTLE_APPROVE): _S.APPROVED,
    (_S.RECONCILING, _C.SETTLE_REJECT): _S.REJECTED,
    **{
        (status, _C.HOLD): _S.HELD
        for status in (_S.PASSED, _S.STOPPED, _S.IN_REVIEW, _S.RETURNED, _S.RECONCILING, _S.APPROVED)
    },
    (_S.HELD, _C.RECHECK): _S.COLLECTED,
    (_S.APPROVED, _C.RELEASE): _S.RELEASED,
    **{(status, _C.DESTROY): _S.DESTROYED for status in _S if status not in {_S.DESTROYED, _S.RELEASED}},
}
LEAVES: Mapping[OutputCommand, type[Event]] = {
    _C.STOP: OutputChecked,
    _C.PASS: OutputChecked,
    _C.SUBMIT: OutputSubmitted,
    _C.REVIEW: OutputReviewGiven,
    _C.ASK: OutputReviewGiven,
    _C.ANSWER: OutputAnswered,
    _C.APPROVE: OutputReviewGiven,
    _C.REJECT: OutputReviewGiven,
    _C.DISAGREE: OutputReviewGiven,
    _C.SETTLE_APPROVE: OutputReviewGiven,
    _C.SETTLE_REJECT: OutputReviewGiven,
    _C.HOLD: OutputHeld,
    _C.RECHECK: OutputRechecked,
    _C.RELEASE: ReleaseMade,
    _C.DESTROY: OutputDestroyed,
}
"""What each command leaves in the log, in the very Change that takes the step."""


class Answer(StrEnum):
    """What an output checker may say; `except` passes a stopped finding and needs a written justification."""

    APPROVE = "approve"
    REJECT = "reject"
    ASK = "ask"
    EXCEPT = "except"


@dataclass(frozen=True, slots=True)
class OutputReview:
    """One checker's answer for the bytes with digest `sha256`; `settling` marks the third, reconciling one."""

    by: StaffRef
    organisation: str
    answer: Answer
    note: str
    sha256: str
    at: int
    settling: bool = False


@dataclass(frozen=True, slots=True)
class StoredFinding:
    """A finding of the machine, for everybody or for checkers only: cell labels and parameters, never small counts."""

    code: str
    severity: str
    audience: str
    remedy: str
    cell: tuple[str, ...]
    params: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """`sha256` is of the canonical bytes that trusted code wrote: those are checked, reviewed and released."""

    table: ClassVar[str] = "output"
    indexed: ClassVar[tuple[str, ...]] = ("run", "permit", "site", "status")

    id: str
    run: str
    permit: str
    site: str
    name: str
    layout: Mapping[str, Any]
    cohort: str
    rows: str
    collected: int
    raw_sha256: str
    sha256: str = ""
    size: int = 0
    status: OutputStatus = OutputStatus.COLLECTED
    findings: tuple[StoredFinding, ...] = ()
    fix: Mapping[str, Any] | None = None
    needs_pooling: bool = False
    parent: str = ""
    reviews: tuple[OutputReview, ...] = ()
    question: str = ""


def stopping(output: Output) -> tuple[StoredFinding, ...]:
    """Return the findings that stop the output."""
    return tuple(finding for finding in output.findings if finding.severity == "stop")
