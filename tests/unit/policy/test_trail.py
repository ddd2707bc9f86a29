"""Decisions travel into the entries that rest on them, and those that nothing rests on say why."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from spe.audit.change import Change, Entry
from spe.audit.events.record import RecordSeen
from spe.errors import Conflict
from spe.identity.model import WORKER
from spe.policy.trail import MOST_IN_AN_ENTRY, CarryingCommitter, Trail, Why, use_case
from tests.fakes import START

SEEN = RecordSeen("run", "run-1", "public")


@dataclass(slots=True)
class Kept:
    changes: list[Change] = field(default_factory=list)
    conflicts: int = 0

    def commit(self, change: Change) -> int:
        if self.conflicts:
            self.conflicts -= 1
            raise Conflict("changed")
        self.changes.append(change)
        return len(self.changes)


@pytest.fixture
def lapsed() -> list[tuple[str, Why]]:
    return []


def change(entries: int = 1, bundle: str | None = None) -> Change:
    return Change(entries=(Entry(WORKER.who(), SEEN, START, bundle),) * entries)


def took(trail: Trail, lapsed: list[tuple[str, Why]], *ids: str, gate: str = "run.start") -> None:
    for id_ in ids:
        trail.took(id_, gate, lambda found, why: lapsed.extend((one, why) for one in found))


def carried(change: Change) -> list[tuple[str, ...]]:
    return [entry.decisions for entry in change.entries]


def test_every_entry_carries_what_was_decided_before_it(lapsed: list[tuple[str, Why]]) -> None:
    kept = Kept()
    with use_case() as trail:
        took(trail, lapsed, "p.1", gate="record.read")
        took(trail, lapsed, "p.2")
        CarryingCommitter(kept).commit(change(2))
        CarryingCommitter(kept).commit(change(1, "b" * 64))
        CarryingCommitter(kept).commit(change(1))
    assert [carried(one) for one in kept.changes] == [[("p.1", "p.2")] * 2, [("p.2",)], [()]]
    assert lapsed == []


def test_a_conflict_leaves_decisions_to_the_next_attempt_and_very_many_are_spread(
    lapsed: list[tuple[str, Why]],
) -> None:
    kept = Kept(conflicts=1)
    with use_case() as trail:
        took(trail, lapsed, *(f"p.{at}" for at in range(300)))
        with pytest.raises(Conflict):
            CarryingCommitter(kept).commit(change(2))
        CarryingCommitter(kept).commit(change(2))
    first, second = carried(kept.changes[0])
    assert (len(first), len(second), len({*first, *second})) == (MOST_IN_AN_ENTRY, 44, 300)
    assert lapsed == []


def test_what_nothing_was_committed_on_lapses_with_the_reason(lapsed: list[tuple[str, Why]]) -> None:
    with use_case() as trail:
        took(trail, lapsed, "p.1", "p.2")
    with pytest.raises(Conflict):
        _fails(lapsed)
    assert sorted(lapsed) == [("p.1", Why.SUPERSEDED), ("p.2", Why.LOOKED), ("p.3", Why.FAILED)]


def _fails(lapsed: list[tuple[str, Why]]) -> None:
    with use_case() as trail:
        took(trail, lapsed, "p.3")
        raise Conflict("changed")


def test_outside_a_use_case_nothing_is_carried() -> None:
    kept = Kept()
    CarryingCommitter(kept).commit(change())
    assert carried(kept.changes[0]) == [()]
