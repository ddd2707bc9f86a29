"""The caller as policy is told of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from spe.identity.model import Person
from spe.policy.model import Question


@dataclass(frozen=True, slots=True)
class Caller:
    """Part of every question: who asks."""

    id: str
    organisation: str
    roles: tuple[str, ...]
    holder: str
    trained_until: int
    member_until: int
    second_factor_at: int


def caller(person: Person) -> Caller:
    """Return what policy needs to know of `person`; the name is not among it."""
    roles = tuple(sorted(person.roles))
    times = (person.trained_until, person.member_until, person.second_factor_at)
    return Caller(str(person.id), person.organisation, roles, person.holder, *times)


@dataclass(frozen=True, slots=True)
class RecordRead(Question):
    """May the caller read this record? `view` is how much of it: public, own, case, exact, file."""

    gate: ClassVar[str] = "record.read"
    caller: Caller
    now: int
    kind: str
    view: str
    people: tuple[str, ...]
    organisations: tuple[str, ...]
    holders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AuditRead(Question):
    """May the caller read the log (`timeline`, `export`, `staff`: open sealed staff identities)?"""

    gate: ClassVar[str] = "audit.read"
    caller: Caller
    now: int
    view: str
    about: str


def read_record(
    person: Person,
    kind: str,
    view: str,
    now: int,
    *,
    people: tuple[str, ...] = (),
    organisations: tuple[str, ...] = (),
    holders: tuple[str, ...] = (),
) -> RecordRead:
    """Ask whether `person` may read a record of `kind` that `people`, `organisations` and `holders` are part of."""
    return RecordRead(caller(person), now, kind, view, people, organisations, holders)


def read_audit(person: Person, view: str, about: str, now: int) -> AuditRead:
    """Ask whether `person` may read the log's `view` of `about`."""
    return AuditRead(caller(person), now, view, about)
