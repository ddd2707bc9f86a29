"""A bounded pool of policy engines: each question has a deadline, and a stuck engine is given up, not waited for."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass
from typing import Any, Protocol

from spe.errors import Unreachable
from spe.policy.unasked import LATE, Unasked


class Engine(Protocol):
    """Answers one question at a time with raw bytes."""

    def ask(self, document: Mapping[str, Any]) -> bytes:
        """Return the engine's raw answer."""
        ...


@dataclass(slots=True)
class _Asked:
    document: Mapping[str, Any]
    until: float
    answer: Future[bytes]
    seat: _Seat | None = None


class _Seat:
    """One thread with one engine; once `given_up` it takes no further question."""

    def __init__(self) -> None:
        self.given_up = False


class EnginePool:
    """At most `size` engines at work, `waiting` questions in line, and `size` stuck threads beside them.

    When as many threads are stuck, no new engine is started any more and every question is refused at once:
    native code can't be interrupted, so the bound is what keeps threads from piling up.
    """

    def __init__(
        self, make: Callable[[], Engine], *, size: int = 2, waiting: int = 64, deadline: float = 1.5
    ) -> None:
        self._make = make
        self._size = size
        self._deadline = deadline
        self._line: queue.Queue[_Asked | None] = queue.Queue(waiting)
        self._lock = threading.Lock()
        self._working: set[_Seat] = set()
        self._stuck: set[_Seat] = set()
        self._closed = False
        first = make()
        for number in range(size):
            self._seat(first if number == 0 else make())

    def ask(self, document: Mapping[str, Any]) -> bytes:
        """Return an engine's raw answer; `Unreachable` after the deadline (seconds), when full, stuck or closed."""
        if self._closed or not self._working:
            raise Unreachable("the policy engine can't be reached")
        asked = _Asked(document, time.monotonic() + self._deadline, Future())
        try:
            self._line.put_nowait(asked)
        except queue.Full:
            raise Unreachable("too many questions wait for the policy engine") from None
        try:
            return asked.answer.result(self._deadline)
        except TimeoutError:
            self._give_up(asked)
            raise Unasked(LATE, "the policy engine did not answer in time") from None
        except Exception as cause:
            raise Unreachable("the policy engine failed") from cause

    def close(self) -> None:
        """Take no further question; idle threads end, stuck ones end with the process."""
        self._closed = True
        with self._lock:
            seats = len(self._working)
        for _ in range(seats):
            try:
                self._line.put_nowait(None)
            except queue.Full:
                return

    def stuck(self) -> int:
        """Return how many threads were given up and have not come back."""
        with self._lock:
            return len(self._stuck)

    def _refill(self) -> None:
        """Start an engine where one is missing, unless as many threads are stuck as may be."""
        with self._lock:
            missing = len(self._working) < self._size and len(self._stuck) <= self._size and not self._closed
        if missing:
            with contextlib.suppress(Unreachable):
                self._seat(self._make())

    def _seat(self, engine: Engine) -> None:
        seat = _Seat()
        with self._lock:
            self._working.add(seat)
        threading.Thread(target=self._serve, args=(seat, engine), name="policy", daemon=True).start()

    def _serve(self, seat: _Seat, engine: Engine) -> None:
        while not seat.given_up and (asked := self._line.get()) is not None:
            with self._lock:
                late = asked.answer.cancelled() or time.monotonic() >= asked.until
                asked.seat = None if late else seat
            if not late:
                _answer(engine, asked)
        with self._lock:
            self._working.discard(seat)
            self._stuck.discard(seat)
        self._refill()

    def _give_up(self, asked: _Asked) -> None:
        """Mark the seat on which a late question sits as stuck, and fill its place."""
        with self._lock:
            asked.answer.cancel()
            seat = asked.seat
            if seat is None or seat not in self._working:
                return
            seat.given_up = True
            self._working.discard(seat)
            self._stuck.add(seat)
        self._refill()


def _answer(engine: Engine, asked: _Asked) -> None:
    try:
        answer = engine.ask(asked.document)
    except Exception as cause:  # noqa: BLE001 - whatever an engine does must reach the one who waits
        with contextlib.suppress(InvalidStateError):
            asked.answer.set_exception(cause)
        return
    with contextlib.suppress(InvalidStateError):
        asked.answer.set_result(answer)
