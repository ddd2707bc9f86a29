"""A `Change`: everything one use case wants to happen, as one value that commits whole or not at all.

Way of a use case: load a snapshot, ask policy, step the state machine, `commit(Change) -> index`. The entries and
the effect are written in one transaction, so there is no effect without its entry (and a denial is a Change
with only an entry).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from spe.audit.events import Event, StaffRef
from spe.audit.records import Record


@dataclass(frozen=True, slots=True)
class Who:
    """Who acted: `id` is sealed in the log, organisation and role stay readable."""

    id: StaffRef
    organisation: str
    role: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log to be: who did what, when, and which policy bundle and decisions it rests on."""

    who: Who
    event: Event
    at: datetime
    bundle: str | None = None
    decisions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Put:
    """Store `value` as the successor of version `expects`; 0 means that it must not exist yet."""

    value: Record
    expects: int


@dataclass(frozen=True, slots=True)
class Forget:
    """Delete the record `id` of type `kind`, which must still be at `version`; no entry names it, they only count it."""

    kind: type[Record]
    id: str
    version: int


@dataclass(frozen=True, slots=True)
class Expect:
    """The record `id` of type `kind` must still be at `version` when the Change commits (0: absent)."""

    kind: type[Record]
    id: str
    version: int


@dataclass(frozen=True, slots=True)
class Fact:
    """Something others must hear of: an outbox row that the worker hands to every registered holder."""

    kind: str
    about: str
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Call:
    """The call that a Change answers: its idempotency key (hashed with the caller) and the digest of what was sent."""

    key: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Entries (at least one) and the writes, facts and expectations that commit with them.

    `bundle` is the digest of the policy bundle that allowed it: the commit fails with `Conflict` when another
    bundle is active by then. `handled` names outbox rows that are done with: nothing stays of them but that they were
    there. `forgets` deletes records. `call` makes a repeated call answerable.
    """

    entries: tuple[Entry, ...]
    puts: tuple[Put, ...] = ()
    facts: tuple[Fact, ...] = ()
    expects: tuple[Expect, ...] = ()
    handled: tuple[str, ...] = ()
    forgets: tuple[Forget, ...] = ()
    bundle: str | None = None
    call: Call | None = None


class Committer(Protocol):
    """Writes Changes durably."""

    def commit(self, change: Change) -> int:
        """Commit all of `change` and return its last entry's index.

        Raises `Conflict` when an expectation no longer holds and `Unreachable` when it can't be written durably;
        in both cases nothing of it happened.
        """
        ...
