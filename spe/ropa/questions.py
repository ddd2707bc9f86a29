"""What policy is asked about the record of processing activities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from spe.identity.model import Person
from spe.identity.questions import Caller, caller
from spe.policy.model import Question


@dataclass(frozen=True, slots=True)
class RopaExport(Question):
    """May the caller have the record of processing activities of `scope`: an organisation, a holder, or "" for all?"""

    gate: ClassVar[str] = "ropa.export"
    caller: Caller
    now: int
    scope: str


def export(person: Person, scope: str, now: int) -> RopaExport:
    """Ask whether `person` may have the record of processing activities of `scope`."""
    return RopaExport(caller(person), now, scope)
