from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

import pytest

from spe.adapters.policy_pool import EnginePool
from spe.errors import Unreachable


class Slow:
    """An engine that answers when `gate` is opened; a document with `now` is answered at once."""

    def __init__(self, gate: threading.Event) -> None:
        self.gate = gate

    def ask(self, document: Mapping[str, Any]) -> bytes:
        if "now" not in document:
            self.gate.wait(20)
        return b"said"


class Broken:
    def ask(self, document: Mapping[str, Any]) -> bytes:
        raise RuntimeError("engine fell over")


def refused(pool: EnginePool, document: Mapping[str, Any]) -> float:
    start = time.monotonic()
    with pytest.raises(Unreachable):
        pool.ask(document)
    return time.monotonic() - start


def test_an_answer_comes_back() -> None:
    pool = EnginePool(lambda: Slow(threading.Event()), size=2)
    assert pool.ask({"now": 1}) == b"said"
    pool.close()


def test_a_stuck_engine_is_given_up_at_the_deadline_and_another_takes_its_place() -> None:
    gate = threading.Event()
    pool = EnginePool(lambda: Slow(gate), size=1, deadline=0.1)
    assert 0.09 < refused(pool, {}) < 1
    assert pool.stuck() == 1
    assert pool.ask({"now": 1}) == b"said"
    gate.set()
    pool.close()


def test_threads_do_not_pile_up_and_when_all_are_stuck_the_refusal_is_at_once() -> None:
    gate = threading.Event()
    before = threading.active_count()
    pool = EnginePool(lambda: Slow(gate), size=2, deadline=0.05)
    for _ in range(12):
        refused(pool, {})
    assert threading.active_count() - before <= 4
    assert pool.stuck() <= 4
    assert refused(pool, {"now": 1}) < 0.04
    gate.set()
    pool.close()


def test_a_stuck_engine_that_comes_back_is_no_longer_counted() -> None:
    gate = threading.Event()
    pool = EnginePool(lambda: Slow(gate), size=1, deadline=0.05)
    refused(pool, {})
    gate.set()
    for _ in range(200):
        if pool.stuck() == 0:
            break
        time.sleep(0.01)
    assert pool.stuck() == 0
    pool.close()


def test_all_engines_come_back_after_all_were_stuck() -> None:
    gate = threading.Event()
    pool = EnginePool(lambda: Slow(gate), size=1, deadline=0.05)
    for _ in range(6):
        refused(pool, {})
    gate.set()
    for _ in range(200):
        try:
            assert pool.ask({"now": 1}) == b"said"
            break
        except Unreachable:
            time.sleep(0.01)
    assert pool.ask({"now": 1}) == b"said"
    pool.close()


def test_a_full_line_refuses_at_once() -> None:
    gate = threading.Event()
    pool = EnginePool(lambda: Slow(gate), size=1, waiting=1, deadline=2)
    threads = [threading.Thread(target=lambda: refused(pool, {})) for _ in range(2)]
    for thread in threads:
        thread.start()
        time.sleep(0.05)
    assert refused(pool, {"now": 1}) < 0.5
    pool.close()
    for thread in threads:
        thread.join(5)
    gate.set()


def test_an_engine_that_falls_over_is_unreachable_and_the_next_question_is_heard() -> None:
    pool = EnginePool(Broken, size=1)
    refused(pool, {})
    refused(pool, {})
    assert pool.stuck() == 0
    pool.close()


def test_a_closed_pool_refuses() -> None:
    pool = EnginePool(lambda: Slow(threading.Event()), size=1)
    pool.close()
    refused(pool, {"now": 1})
