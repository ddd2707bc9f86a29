"""Events of the policy enforcement point."""

from dataclasses import dataclass
from typing import ClassVar

from spe.audit.events.model import Event


@dataclass(frozen=True, slots=True)
class Refused(Event):
    """Policy refused: the gate, what it was about, and the codes of every reason."""

    type: ClassVar[str] = "policy.refused"
    gate: str
    about: str
    reasons: tuple[str, ...]
