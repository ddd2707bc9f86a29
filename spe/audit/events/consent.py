"""Events of the directive ledger."""

from dataclasses import dataclass
from typing import ClassVar

from spe.audit.events.model import Event, SubjectRef


@dataclass(frozen=True, slots=True)
class DirectivesRecorded(Event):
    """Directives entered a holder's ledger; each subject as a digest of this entry only."""

    type: ClassVar[str] = "directive.recorded"
    holder: str
    epoch: int
    kinds: tuple[str, ...]
    subjects: tuple[SubjectRef, ...]


@dataclass(frozen=True, slots=True)
class DirectivesImported(Event):
    """An import ended: how many lines were taken and how many refused."""

    type: ClassVar[str] = "directive.imported"
    holder: str
    epoch: int
    taken: int
    refused: int
