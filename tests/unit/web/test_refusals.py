from __future__ import annotations

from spe.audit.events.record import UnauthenticatedRefused
from spe.web.refusals import Refusals
from tests.fakes import FixedClock, MemoryStore
from tests.unit.web.served import World


def counted(store: MemoryStore) -> list[tuple[int, int]]:
    events = [entry.event for entry in store.log]
    return [(event.minute, event.count) for event in events if isinstance(event, UnauthenticatedRefused)]


def test_refusals_of_one_minute_become_one_entry() -> None:
    store, clock = MemoryStore(), FixedClock()
    refusals = Refusals(store, clock)
    minute = int(clock.now().timestamp()) // 60
    for _ in range(100):
        refusals.count()
    assert counted(store) == []
    clock.go_on(60)
    refusals.count()
    assert counted(store) == [(minute, 100)]
    refusals.flush()
    assert counted(store) == [(minute, 100), (minute + 1, 1)]


def test_nothing_is_written_where_nothing_was_refused() -> None:
    store = MemoryStore()
    refusals = Refusals(store, FixedClock())
    refusals.flush()
    refusals.flush_due()
    assert store.log == []


def test_a_count_survives_a_log_that_can_not_be_written() -> None:
    store, clock = MemoryStore(broken=True), FixedClock()
    refusals = Refusals(store, clock)
    for _ in range(5):
        refusals.count()
        clock.go_on(61)
    store.broken = False
    refusals.flush()
    assert sum(count for _, count in counted(store)) == 5


def test_two_hundred_calls_without_a_token_are_a_handful_of_entries() -> None:
    world = World()
    for _ in range(200):
        world.client.get("/v1/requests/req-1")
        world.clock.go_on(0.5)
    world.refusals.flush()
    assert sum(count for _, count in counted(world.store)) == 200
    assert len(world.store.log) <= 4


def test_the_count_is_written_when_the_server_ends() -> None:
    world = World()
    with world.client as client:
        client.get("/v1/requests/req-1")
        assert world.store.log == []
    assert counted(world.store)[0][1] == 1
