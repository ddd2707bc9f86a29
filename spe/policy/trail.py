"""The decisions of one use case, carried into the entries that rest on them.

A use case runs within `use_case()`: whatever policy answers there is carried by the next Change that commits, and an
entry with a policy bundle that comes later in the same use case carries the newest once more. A decision that nothing
was committed on lapses at the end, and whoever decided is told why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeVar

from spe.audit.change import Change, Committer, Entry

MOST_IN_AN_ENTRY = 256
_FEW = 8
T = TypeVar("T")
Lapse = Callable[[tuple[str, ...], "Why"], None]


class Why(StrEnum):
    """Why nothing was committed on a decision: this list is closed, and anything else is unexplained."""

    SUPERSEDED = "superseded"
    FAILED = "failed"
    LOOKED = "looked"


@dataclass(slots=True)
class Trail:
    """What was decided in one use case so far, and how many entries it left."""

    decided: list[tuple[str, str]] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    entries: int = 0
    failed: bool = False
    lapse: Lapse | None = None

    def took(self, id_: str, gate: str, lapse: Lapse) -> None:
        """Take in a decision."""
        self.decided.append((id_, gate))
        self.waiting.append(id_)
        self.lapse = lapse

    def carry(self, change: Change) -> Change:
        """Return the change with the decisions in its entries: few in each of them, many spread over them."""
        ids = tuple(self.waiting)
        if not ids and self.decided and any(entry.bundle for entry in change.entries):
            ids = (self.decided[-1][0],)
        if len(ids) <= _FEW:
            return replace(change, entries=tuple(replace(entry, decisions=ids) for entry in change.entries))
        return replace(change, entries=tuple(_spread(change.entries, ids)))

    def spent(self, change: Change) -> None:
        """Note that the change was committed with what it carries."""
        self.entries += len(change.entries)
        carried = {id_ for entry in change.entries for id_ in entry.decisions}
        self.waiting = [id_ for id_ in self.waiting if id_ not in carried]

    def end(self) -> None:
        """Tell of each decision that nothing was committed on."""
        newest = {gate: id_ for id_, gate in self.decided}
        gates = dict(self.decided)
        why: dict[Why, list[str]] = {}
        for id_ in self.waiting:
            reason = Why.FAILED if self.failed else Why.LOOKED
            reason = Why.SUPERSEDED if newest[gates[id_]] != id_ else reason
            why.setdefault(reason, []).append(id_)
        self.waiting = []
        for reason, ids in why.items():
            assert self.lapse is not None  # noqa: S101 - for the type checker: `took` brought it
            self.lapse(tuple(ids), reason)


_CURRENT: ContextVar[Trail | None] = ContextVar("trail", default=None)


def current() -> Trail | None:
    """Return the trail of the running use case."""
    return _CURRENT.get()


@contextmanager
def use_case() -> Iterator[Trail]:
    """Begin a use case, and end it with the block."""
    trail = Trail()
    token = _CURRENT.set(trail)
    try:
        yield trail
    except BaseException:
        trail.failed = True
        raise
    finally:
        _CURRENT.reset(token)
        trail.end()


@dataclass(frozen=True, slots=True)
class CarryingCommitter:
    """A `Committer` that puts the use case's decisions into the entries."""

    inner: Committer

    def commit(self, change: Change) -> int:
        """Commit `change` with the decisions that it rests on; where that fails they wait for the next."""
        trail = _CURRENT.get()
        if trail is None:
            return self.inner.commit(change)
        carrying = trail.carry(change)
        index = self.inner.commit(carrying)
        trail.spent(carrying)
        return index


def _spread(entries: tuple[Entry, ...], ids: tuple[str, ...]) -> Iterator[Entry]:
    for at, entry in enumerate(entries):
        part = ids[at * MOST_IN_AN_ENTRY : (at + 1) * MOST_IN_AN_ENTRY]
        yield replace(entry, decisions=part)
