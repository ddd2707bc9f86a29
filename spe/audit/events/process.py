"""Events of the processes themselves: what the operator does by starting and stopping them."""

from dataclasses import dataclass
from typing import ClassVar

from spe.audit.events.model import Event


@dataclass(frozen=True, slots=True)
class ProcessStarted(Event):
    """A process opened the installation; `keys` are the public keys that it found there, each by name and hash."""

    type: ClassVar[str] = "process.started"
    process: str
    kind: str
    version: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProcessStopped(Event):
    """A process ended in order, after so many lines in its journals of decisions and of openings."""

    type: ClassVar[str] = "process.stopped"
    process: str
    decisions: int
    openings: int
