"""What policy is asked when a subject asks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from spe.identity.model import Person
from spe.identity.questions import Caller, caller
from spe.permit.model import DataPermit
from spe.policy.model import Question


@dataclass(frozen=True, slots=True)
class SubjectReport(Question):
    """May the caller be told what happened with the data of a subject of this holder?"""

    gate: ClassVar[str] = "subject.report"
    caller: Caller
    now: int
    holder: str


@dataclass(frozen=True, slots=True)
class RunningUse:
    """A use under a permit that is not over, whose cohort holds the subject."""

    legal_basis: str


@dataclass(frozen=True, slots=True)
class SubjectErase(Question):
    """May a subject's traces be erased on this ground (a letter of GDPR Art. 17(1))?

    `holds` are in force on the subject, `uses` hold them just now; `waiting` says that not everybody has heard yet what
    they last said.
    """

    gate: ClassVar[str] = "subject.erase"
    caller: Caller
    now: int
    holder: str
    ground: str
    holds: int
    waiting: bool
    uses: tuple[RunningUse, ...]


def report(person: Person, holder: str, now: int) -> SubjectReport:
    """Ask whether `person` may be told of subjects of `holder`."""
    return SubjectReport(caller(person), now, holder)


def erase(
    person: Person,
    holder: str,
    ground: str,
    now: int,
    *,
    holds: int,
    waiting: bool,
    permits: Iterable[DataPermit],
) -> SubjectErase:
    """Ask whether `person` may have the traces of a subject of `holder` erased, who is in use under `permits`."""
    bases = sorted({permit.legal_basis for permit in permits})
    uses = tuple(RunningUse(basis) for basis in bases)
    return SubjectErase(caller(person), now, holder, ground, holds, waiting, uses)
