"""Events of legal holds."""

from dataclasses import dataclass
from typing import ClassVar

from spe.audit.events.model import Event, SubjectRef


@dataclass(frozen=True, slots=True)
class HoldPlaced(Event):
    """A legal hold was placed; on what as a keyed digest unless it is one of our own identifiers."""

    type: ClassVar[str] = "hold.placed"
    hold: str
    about: str
    subject: SubjectRef
    reason_sha256: str


@dataclass(frozen=True, slots=True)
class HoldLifted(Event):
    """A legal hold was lifted."""

    type: ClassVar[str] = "hold.lifted"
    hold: str
    reason_sha256: str
