"""What policy is asked about hints, holds and purges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from spe.identity.model import Person
from spe.identity.questions import Caller, caller
from spe.policy.model import Question


@dataclass(frozen=True, slots=True)
class AuditHints(Question):
    """May the caller look for what is out of the ordinary, and by which numbers?"""

    gate: ClassVar[str] = "audit.hints"
    caller: Caller
    now: int


@dataclass(frozen=True, slots=True)
class AuditHold(Question):
    """May the caller `place` or `lift` a hold, or see the `list`? `reason` says whether one was given."""

    gate: ClassVar[str] = "audit.hold"
    caller: Caller
    now: int
    command: str
    reason: bool


@dataclass(frozen=True, slots=True)
class AuditPurge(Question):
    """May entries from `before` that instant go? `last_end` is the end of the last permit asked for by then, 0 for none."""

    gate: ClassVar[str] = "audit.purge"
    caller: Caller
    now: int
    before: int
    last_end: int
    holds: int


def hints(person: Person, now: int) -> AuditHints:
    """Ask by which numbers `person` may look for hints."""
    return AuditHints(caller(person), now)


def hold(person: Person, command: str, now: int, *, reason: bool) -> AuditHold:
    """Ask whether `person` may do this with a hold."""
    return AuditHold(caller(person), now, command, reason)


def purge(person: Person, before: int, now: int, *, last_end: int, holds: int) -> AuditPurge:
    """Ask whether `person` may have entries from before an instant purged."""
    return AuditPurge(caller(person), now, before, last_end, holds)
