"""What policy is asked about outputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from spe.identity.model import Person
from spe.identity.questions import Caller, caller
from spe.output.model import Answer, Output, stopping
from spe.permit.model import DataPermit
from spe.permit.questions import PermitFacts, facts
from spe.policy.model import Question


@dataclass(frozen=True, slots=True)
class OutputCheck(Question):
    """With which numbers is this kind of output checked? Answers with the disclosure profile."""

    gate: ClassVar[str] = "output.check"
    caller: Caller
    now: int
    permit: PermitFacts
    site: str
    kind: str


@dataclass(frozen=True, slots=True)
class OutputSubmit(Question):
    """May the caller submit this output to the checkers (or answer their question, or ask for its fix)?"""

    gate: ClassVar[str] = "output.submit"
    caller: Caller
    now: int
    command: str
    permit: PermitFacts
    site: str
    status: str
    reason: bool


@dataclass(frozen=True, slots=True)
class GivenReview:
    """A review that is already there; its answer is not told to the next checker, but policy counts it."""

    by: str
    organisation: str
    answer: str
    settling: bool


@dataclass(frozen=True, slots=True)
class OutputReviewed(Question):
    """May the caller answer so? `findings` are the codes that stop it; `same`: they saw the bytes as they are."""

    gate: ClassVar[str] = "output.review"
    caller: Caller
    now: int
    permit: PermitFacts
    site: str
    status: str
    answer: str
    justified: bool
    findings: tuple[str, ...]
    reviews: tuple[GivenReview, ...]
    same: bool


def check(person: Person, permit: DataPermit, site: str, kind: str, now: int) -> OutputCheck:
    """Ask for the disclosure profile of an output of `kind`."""
    return OutputCheck(caller(person), now, facts(permit), site, kind)


def submit(
    person: Person, command: str, output: Output, permit: DataPermit, now: int, *, reason: bool
) -> OutputSubmit:
    """Ask whether `person` may do `command` to `output`; `reason`: a text came with it."""
    return OutputSubmit(caller(person), now, command, facts(permit), output.site, output.status, reason)


def review(
    person: Person,
    answer: Answer,
    output: Output,
    permit: DataPermit,
    seen: str,
    now: int,
    *,
    justified: bool,
) -> OutputReviewed:
    """Ask whether `person` may give `answer` on the bytes whose digest they saw is `seen`."""
    given = tuple(
        GivenReview(str(one.by), one.organisation, one.answer, one.settling) for one in output.reviews
    )
    return OutputReviewed(
        caller=caller(person),
        now=now,
        permit=facts(permit),
        site=output.site,
        status=output.status,
        answer=answer,
        justified=justified,
        findings=tuple(sorted({finding.code for finding in stopping(output)})),
        reviews=given,
        same=seen == output.sha256,
    )
