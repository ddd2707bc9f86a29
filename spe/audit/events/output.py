"""Events of outputs."""

from dataclasses import dataclass
from typing import ClassVar

from spe.audit.events.model import Event


@dataclass(frozen=True, slots=True)
class OutputCollected(Event):
    """A declared file was taken out of a dead sandbox and sealed."""

    type: ClassVar[str] = "output.collected"
    output: str
    run: str
    sha256: str


@dataclass(frozen=True, slots=True)
class OutputChecked(Event):
    """The machine's disclosure checks ended; `sha256` is of the canonical bytes."""

    type: ClassVar[str] = "output.checked"
    output: str
    sha256: str
    stopped: bool
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OutputFixed(Event):
    """A merged output was made of an earlier one by trusted code."""

    type: ClassVar[str] = "output.fixed"
    output: str
    parent: str


@dataclass(frozen=True, slots=True)
class OutputSubmitted(Event):
    """A data user submitted an output to the checkers."""

    type: ClassVar[str] = "output.submitted"
    output: str


@dataclass(frozen=True, slots=True)
class OutputAnswered(Event):
    """A data user answered a checker's question."""

    type: ClassVar[str] = "output.answered"
    output: str


@dataclass(frozen=True, slots=True)
class OutputReviewGiven(Event):
    """A checker answered; what they answered stays in the review until both have."""

    type: ClassVar[str] = "output.reviewed"
    output: str
    sha256: str
    outcome: str


@dataclass(frozen=True, slots=True)
class OutputHeld(Event):
    """A pending output is held after a directive."""

    type: ClassVar[str] = "output.held"
    output: str


@dataclass(frozen=True, slots=True)
class OutputRechecked(Event):
    """A held output goes back to the checks."""

    type: ClassVar[str] = "output.rechecked"
    output: str


@dataclass(frozen=True, slots=True)
class OutputDestroyed(Event):
    """An unreleased output was destroyed with its permit's key."""

    type: ClassVar[str] = "output.destroyed"
    output: str
