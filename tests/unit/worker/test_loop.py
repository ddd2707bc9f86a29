from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import cast

import pytest
from structlog.testing import capture_logs

from spe.audit.cover import Fenced
from spe.errors import Unreachable
from spe.worker.checkpoints import CheckpointSigner, Signing
from spe.worker.loop import Patience, Worker


@dataclass
class Desk:
    """An office whose keys fail as told."""

    failing: dict[str, Exception] = field(default_factory=dict)
    wanted: list[str] = field(default_factory=lambda: ["a", "b"])
    done: list[str] = field(default_factory=list)

    def pending(self) -> tuple[str, ...]:
        if "pending" in self.failing:
            raise self.failing["pending"]
        return tuple(self.wanted)

    def reconcile(self, key: str) -> None:
        if key in self.failing:
            raise self.failing[key]
        self.done.append(key)
        self.wanted.remove(key)


class Other(Desk):
    """Another office: patience goes by an office's class and key."""


@dataclass
class Watching:
    looks: int = 0
    error: Exception | None = None

    def watch(self) -> None:
        self.looks += 1
        if self.error is not None:
            raise self.error


def worker(*desks: Desk, watched: Watching | None = None) -> Worker:
    return Worker(desks, (watched or Watching(),), Signing(cast(CheckpointSigner, None)))


def test_a_worker_whose_signing_has_ended_does_nothing_more() -> None:
    desk = Desk()
    idle = worker(desk)
    idle.signing.failure = Fenced("another process has begun to sign checkpoints")
    with pytest.raises(Fenced):
        idle.run(threading.Event())
    assert desk.done == []


def test_patience_doubles_up_to_five_minutes_and_never_gives_up() -> None:
    patience, waits = Patience(), []
    for _ in range(2000):
        patience.failed("office", "key", 100.0)
        waits.append(patience.failures["office", "key"][1] - 100.0)
    assert waits[:10] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]
    assert set(waits[10:]) == {300}


def test_patience_is_of_one_key_and_success_ends_it() -> None:
    patience = Patience()
    patience.failed("office", "key", 100.0)
    assert not patience.is_over("office", "key", 100.9)
    assert patience.is_over("office", "key", 101.0)
    assert patience.is_over("office", "other", 100.0)
    assert patience.is_over("other", "key", 100.0)
    patience.succeeded("office", "key")
    assert patience.is_over("office", "key", 100.0)


def test_a_pass_says_whether_anything_was_done() -> None:
    desk = Desk()
    loop = worker(desk)
    assert loop.tick() is True
    assert desk.done == ["a", "b"]
    assert loop.tick() is False


@pytest.mark.parametrize(
    "error", [Unreachable("x"), ValueError("x"), MemoryError(), RecursionError(), KeyError("x")]
)
@pytest.mark.parametrize("where", ["a", "pending"])
def test_one_failure_keeps_nobody_else_waiting(error: Exception, where: str) -> None:
    broken, fine, watched = Desk({where: error}), Other(), Watching()
    loop = worker(broken, fine, watched=watched)
    loop.tick()
    assert fine.done == ["a", "b"]
    assert broken.done == (["b"] if where == "a" else [])
    assert watched.looks == 1
    assert loop.surprises == (0 if isinstance(error, Unreachable) else 1)


def test_what_failed_is_left_alone_and_then_tried_again() -> None:
    desk = Desk({"a": ValueError("x")}, ["a"])
    loop = worker(desk)
    for _ in range(3):
        loop.tick()
    assert loop.surprises == 1
    desk.failing.clear()
    loop.tick()
    assert desk.done == []
    loop.patience.failures[("Desk", "a")] = (1, time.monotonic())
    loop.tick()
    assert desk.done == ["a"]
    assert loop.patience.failures == {}


def test_a_failure_is_told_by_its_class_and_place_never_by_its_text() -> None:
    desk = Desk({"a": ValueError("MI-0007 said no"), "b": Unreachable("MI-0007 too")})
    with capture_logs() as told:
        worker(desk).tick()
    assert [(one["log_level"], one["error"], one["key"]) for one in told] == [
        ("error", "ValueError", "a"),
        ("warning", "Unreachable", "b"),
    ]
    assert all(one["where"].startswith("test_loop.py:") for one in told)
    assert "MI-0007" not in repr(told)


def test_what_is_tried_at_every_pass_is_told_now_and_then() -> None:
    watched = Watching(error=ValueError("x"))
    loop = worker(watched=watched)
    with capture_logs() as told:
        for _ in range(50):
            loop.tick()
    assert watched.looks == 50
    assert len(told) == 1


def test_a_surprise_does_not_end_the_loop() -> None:
    desk, stop = Desk({"a": ValueError("x")}, ["a"]), threading.Event()
    loop = worker(desk)
    thread = threading.Thread(target=loop.run, args=(stop,))
    thread.start()
    time.sleep(0.1)
    desk.wanted.append("b")
    time.sleep(0.2)
    assert thread.is_alive()
    stop.set()
    thread.join(2)
    assert not thread.is_alive()
    assert desk.done == ["b"]
