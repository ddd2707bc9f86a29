from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from spe.adapters.policy_pool import EnginePool
from spe.errors import Unreachable


class Slow:
    """An engine that hangs until it is closed; a document with `now` is answered at once."""

    def __init__(self) -> None:
        self.closed = threading.Event()
        self.asked = 0

    def ask_each(self, documents: Sequence[Mapping[str, Any]]) -> list[bytes]:
        self.asked += len(documents)
        if all("now" in document for document in documents) and not self.closed.is_set():
            return [f"said {document['now']}".encode() for document in documents]
        self.closed.wait(20)
        raise Unreachable("ended")

    def close(self) -> None:
        self.closed.set()


class Making:
    """Makes slow engines and remembers them; `broken` makes none."""

    def __init__(self) -> None:
        self.made: list[Slow] = []
        self.broken = False

    def __call__(self) -> Slow:
        if self.broken:
            raise Unreachable("no engine to be had")
        self.made.append(Slow())
        return self.made[-1]


class Broken:
    def ask_each(self, documents: Sequence[Mapping[str, Any]]) -> list[bytes]:
        raise RuntimeError("engine fell over")

    def close(self) -> None:
        pass


def asked(pool: EnginePool, document: Mapping[str, Any]) -> bytes:
    return pool.ask_each([document])[0]


def refused(pool: EnginePool, document: Mapping[str, Any]) -> float:
    start = time.monotonic()
    with pytest.raises(Unreachable):
        asked(pool, document)
    return time.monotonic() - start


def soon(holds: Callable[[], bool]) -> bool:
    end = time.monotonic() + 10
    while not holds() and time.monotonic() < end:
        time.sleep(0.01)
    return holds()


def test_an_answer_comes_back() -> None:
    pool = EnginePool(Making())
    assert asked(pool, {"now": 1}) == b"said 1"
    pool.close()


def test_an_engine_that_misses_the_deadline_is_ended_and_another_takes_its_place() -> None:
    making = Making()
    pool = EnginePool(making, size=1, deadline=0.1)
    assert 0.09 < refused(pool, {}) < 5
    assert soon(making.made[0].closed.is_set)
    patient = EnginePool(making, size=1, deadline=10)
    assert asked(patient, {"now": 1}) == b"said 1"
    assert asked(pool, {"now": 1}) == b"said 1"
    assert len(making.made) == 3
    pool.close()
    patient.close()


def test_several_questions_are_dealt_out_and_answered_in_their_order() -> None:
    making = Making()
    pool = EnginePool(making, size=2, deadline=10)
    assert pool.ask_each([{"now": at} for at in range(7)]) == [f"said {at}".encode() for at in range(7)]
    assert pool.ask_each([]) == []
    pool.close()


def test_of_several_questions_one_that_is_late_leaves_none_answered_and_none_at_work() -> None:
    making = Making()
    pool = EnginePool(making, size=2, deadline=0.3)
    with pytest.raises(Unreachable):
        pool.ask_each([{"now": 1}, {"now": 2}, {}, {"now": 4}])
    assert soon(lambda: sum(engine.closed.is_set() for engine in making.made) >= 1)
    assert soon(lambda: pool.ask_each([{"now": 5}]) == [b"said 5"])
    pool.close()


def test_neither_threads_nor_engines_pile_up() -> None:
    before, making = threading.active_count(), Making()
    pool = EnginePool(making, size=2, deadline=0.05)
    for _ in range(12):
        refused(pool, {})
    assert threading.active_count() - before <= 2
    assert sum(not engine.closed.is_set() for engine in making.made) <= 2
    pool.close()
    assert soon(lambda: threading.active_count() <= before)
    assert all(engine.closed.is_set() for engine in making.made)


def test_a_late_question_never_ends_the_engine_that_another_question_is_at() -> None:
    making = Making()
    pool = EnginePool(making, size=1, deadline=0.3)
    first = threading.Thread(target=lambda: refused(pool, {}))
    first.start()
    assert soon(lambda: making.made[0].asked == 1)
    time.sleep(0.2)
    # Waits in line until its own deadline, long after the first one's engine was ended.
    assert asked(pool, {"now": 1}) == b"said 1"
    first.join()
    time.sleep(0.3)
    assert not making.made[1].closed.is_set()
    pool.close()


def test_where_no_engine_can_be_made_every_question_is_refused_until_one_can() -> None:
    making = Making()
    pool = EnginePool(making, size=1, deadline=0.2)
    making.broken = True
    refused(pool, {})
    refused(pool, {"now": 1})
    making.broken = False
    assert asked(pool, {"now": 1}) == b"said 1"
    pool.close()


def test_a_full_line_refuses_at_once() -> None:
    making = Making()
    pool = EnginePool(making, size=1, waiting=1, deadline=5)
    threads = [threading.Thread(target=lambda: refused(pool, {})) for _ in range(2)]
    threads[0].start()
    assert soon(lambda: making.made[0].asked == 1)
    threads[1].start()
    assert soon(pool._line.full)
    assert refused(pool, {"now": 1}) < 4
    pool.close()
    for thread in threads:
        thread.join(10)


def test_an_engine_that_falls_over_is_unreachable_and_the_next_question_is_heard() -> None:
    pool = EnginePool(Broken, size=1)
    refused(pool, {})
    refused(pool, {})
    pool.close()


def test_a_closed_pool_refuses_and_so_does_what_it_was_asked_just_then() -> None:
    making = Making()
    pool = EnginePool(making, size=1, deadline=10)
    asking = threading.Thread(target=lambda: refused(pool, {}))
    asking.start()
    assert soon(lambda: making.made[0].asked == 1)
    pool.close()
    asking.join(5)
    assert not asking.is_alive()
    refused(pool, {"now": 1})
