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


@dataclass(frozen=True, slots=True)
class WitnessesNamed(Event):
    """Other witnesses are named by the settings from here on (name and hash of the key), or another number must cosign."""

    type: ClassVar[str] = "witness.named"
    witnesses: tuple[str, ...]
    needed: int

    def mark(self) -> str:
        """Return the same as one line, by which a change is noticed."""
        return f"{self.needed} of {' '.join(self.witnesses) or 'none'}"


@dataclass(frozen=True, slots=True)
class WitnessContradicted(Event):
    """A witness refused the checkpoint of `size` entries: what it has seen, `seen` entries, is not in this log."""

    type: ClassVar[str] = "witness.contradicted"
    witness: str
    size: int
    seen: int
