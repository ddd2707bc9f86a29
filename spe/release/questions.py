"""What policy is asked about releases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from spe.identity.model import Person
from spe.identity.questions import Caller, caller
from spe.output.model import Output
from spe.permit.model import DataPermit
from spe.permit.questions import PermitFacts, facts
from spe.policy.model import Question


@dataclass(frozen=True, slots=True)
class ReleaseFile:
    """An output to be released: its status, who passed it, and whether they passed these very bytes."""

    output: str
    status: str
    checkers: tuple[str, ...]
    checker_organisations: tuple[str, ...]
    same_bytes: bool


@dataclass(frozen=True, slots=True)
class ReleaseMake(Question):
    """May these outputs leave? Asked when the release is asked for and again by the worker that makes it."""

    gate: ClassVar[str] = "release.make"
    caller: Caller
    now: int
    command: str
    permit: PermitFacts
    site: str
    files: tuple[ReleaseFile, ...]
    code_intact: bool


@dataclass(frozen=True, slots=True)
class ReleaseGet(Question):
    """May the caller download (or recall) this release?"""

    gate: ClassVar[str] = "release.get"
    caller: Caller
    now: int
    command: str
    permit: PermitFacts
    site: str
    status: str
    reason: bool


def make(
    person: Person,
    command: str,
    permit: DataPermit,
    site: str,
    outputs: tuple[Output, ...],
    now: int,
    *,
    code_intact: bool,
) -> ReleaseMake:
    """Ask whether `outputs` may be released (`command` ask or make)."""
    return ReleaseMake(
        caller(person),
        now,
        command,
        facts(permit),
        site,
        tuple(_file(output) for output in outputs),
        code_intact,
    )


def get(
    person: Person, command: str, permit: DataPermit, site: str, status: str, now: int, *, reason: bool
) -> ReleaseGet:
    """Ask whether `person` may do `command` (download, recall) to a release."""
    return ReleaseGet(caller(person), now, command, facts(permit), site, status, reason)


def _file(output: Output) -> ReleaseFile:
    passed = [review for review in output.reviews if review.answer in {"approve", "except"}]
    return ReleaseFile(
        output=output.id,
        status=output.status,
        checkers=tuple(sorted({str(review.by) for review in passed})),
        checker_organisations=tuple(sorted({review.organisation for review in passed})),
        same_bytes=bool(output.sha256) and all(review.sha256 == output.sha256 for review in passed),
    )
