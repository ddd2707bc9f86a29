"""What policy is asked about directives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from spe.identity.model import Person
from spe.identity.questions import Caller, caller
from spe.policy.model import Question


@dataclass(frozen=True, slots=True)
class DirectiveRecord(Question):
    """May the caller record directives for the subjects of this holder?"""

    gate: ClassVar[str] = "directive.record"
    caller: Caller
    now: int
    holder: str
    lines: int


def record(person: Person, holder: str, lines: int, now: int) -> DirectiveRecord:
    """Ask whether `person` may add `lines` directives to the ledger of `holder`."""
    return DirectiveRecord(caller(person), now, holder, lines)
