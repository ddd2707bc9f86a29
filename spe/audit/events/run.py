"""Events of runs."""

from dataclasses import dataclass
from typing import ClassVar

from spe.audit.events.model import Event


@dataclass(frozen=True, slots=True)
class RunQueued(Event):
    """A data user asked for a run of approved code (or of any code on the twin)."""

    type: ClassVar[str] = "run.queued"
    run: str
    permit: str
    site: str
    code: str
    kind: str


@dataclass(frozen=True, slots=True)
class RunStarted(Event):
    """A run was admitted to a sandbox."""

    type: ClassVar[str] = "run.started"
    run: str
    digest: str


@dataclass(frozen=True, slots=True)
class RunEnded(Event):
    """A run ended; `isolation` is the digest of the record of what isolated it."""

    type: ClassVar[str] = "run.ended"
    run: str
    state: str
    status_code: str
    isolation: str
