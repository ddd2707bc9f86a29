"""Events of a committee's case."""

from dataclasses import dataclass
from typing import ClassVar

from spe.audit.events.model import Event


@dataclass(frozen=True, slots=True)
class OpinionGiven(Event):
    """A member gave an opinion; the text stays in the case."""

    type: ClassVar[str] = "decision.opinion"
    request: str
    kind: str
    favourable: bool


@dataclass(frozen=True, slots=True)
class ConflictDeclared(Event):
    """A member declared whether they have a conflict of interest."""

    type: ClassVar[str] = "decision.declared"
    request: str
    conflict: bool


@dataclass(frozen=True, slots=True)
class VoteCast(Event):
    """A member cast a blind first vote; what it was is kept in the case until all have voted."""

    type: ClassVar[str] = "decision.voted"
    request: str


@dataclass(frozen=True, slots=True)
class RequestGranted(Event):
    """The chair granted a request; `letter` is the SHA-256 of the decision letter."""

    type: ClassVar[str] = "decision.granted"
    request: str
    letter: str
    days: int
    aggregates_only: bool


@dataclass(frozen=True, slots=True)
class RequestRefused(Event):
    """The chair refused a request; `letter` is the SHA-256 of the decision letter."""

    type: ClassVar[str] = "decision.refused"
    request: str
    letter: str
