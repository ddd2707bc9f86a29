"""A bounded pool of policy engines: each question has a deadline, and an engine that misses it is ended and made anew."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass
from typing import Any, Protocol

from spe.errors import Unreachable
from spe.policy.unasked import LATE, Unasked

Document = Mapping[str, Any]


class Engine(Protocol):
    """Answers questions with raw bytes, one message at a time."""

    def ask_each(self, documents: Sequence[Document]) -> list[bytes]:
        """Return the engine's raw answers; `Unreachable` where the engine has ended, also meanwhile."""
        ...

    def close(self) -> object:
        """End the engine, whatever it does; safe from any thread, and more than once."""
        ...


@dataclass(slots=True)
class _Asked:
    documents: Sequence[Document]
    until: float
    answers: Future[list[bytes]]


class EnginePool:
    """`size` engines at work and `waiting` questions in line. Where there is no engine to be had, questions are refused."""

    def __init__(
        self, make: Callable[[], Engine], *, size: int = 2, waiting: int = 64, deadline: float = 1.5
    ) -> None:
        self._deadline = deadline
        self._line: queue.Queue[_Asked | None] = queue.Queue(waiting)
        self._closed = False
        self._seats = [_Seat(make, self._line, make() if number == 0 else None) for number in range(size)]

    def ask_each(self, documents: Sequence[Document]) -> list[bytes]:
        """Return the engines' raw answers, the questions dealt out among them.

        `Unreachable`: the deadline (seconds) is over for any of them, no more may wait, or the pool is closed.
        """
        until = time.monotonic() + self._deadline
        share = max(1, -(-len(documents) // len(self._seats)))
        parts = [documents[at : at + share] for at in range(0, len(documents), share)]
        asked = [_Asked(part, until, Future()) for part in parts]
        try:
            for one in asked:
                self._wait(one)
            return [answer for one in asked for answer in self._heard(one)]
        except BaseException:
            for one in asked:
                self._give_up(one)
            raise

    def _wait(self, asked: _Asked) -> None:
        if self._closed:
            raise Unreachable("the policy engine can't be reached")
        try:
            self._line.put_nowait(asked)
        except queue.Full:
            raise Unreachable("too many questions wait for the policy engine") from None

    def _heard(self, asked: _Asked) -> list[bytes]:
        try:
            return asked.answers.result(max(0.0, asked.until - time.monotonic()))
        except TimeoutError:
            raise Unasked(LATE, "the policy engine did not answer in time") from None
        except Exception as cause:
            raise Unreachable("the policy engine failed") from cause

    def _give_up(self, asked: _Asked) -> None:
        if asked.answers.done():
            return
        asked.answers.cancel()
        for seat in self._seats:
            seat.give_up(asked)

    def close(self) -> None:
        """Take no further question and end all engines; what they are asked just now is refused."""
        self._closed = True
        for seat in self._seats:
            seat.close()
        for _ in self._seats:
            with contextlib.suppress(queue.Full):
                self._line.put_nowait(None)


class _Seat:
    """One thread with one engine, which it makes anew after one was ended."""

    def __init__(
        self, make: Callable[[], Engine], line: queue.Queue[_Asked | None], engine: Engine | None
    ) -> None:
        self._make, self._line, self._engine = make, line, engine
        self._lock = threading.Lock()
        self._asked: _Asked | None = None
        self._closed = False
        threading.Thread(target=self._serve, name="policy", daemon=True).start()

    def give_up(self, asked: _Asked) -> None:
        """End the engine if that question is what it is at; another question's it is never taken from."""
        with self._lock:
            if self._asked is asked and self._engine is not None:
                self._engine.close()

    def close(self) -> None:
        """End the engine, and make no other."""
        with self._lock:
            self._closed = True
            if self._engine is not None:
                self._engine.close()

    def _serve(self) -> None:
        with contextlib.suppress(Unreachable):
            self._ready()
        while not self._closed and (asked := self._line.get()) is not None:
            if not asked.answers.cancelled() and time.monotonic() < asked.until:
                self._answer(asked)

    def _answer(self, asked: _Asked) -> None:
        try:
            engine = self._ready()
            with self._lock:
                self._asked = asked
                if asked.answers.cancelled():
                    return
            answers = engine.ask_each(asked.documents)
        except Exception as cause:  # noqa: BLE001 - whatever an engine does must reach the one who waits
            self._end()
            with contextlib.suppress(InvalidStateError):
                asked.answers.set_exception(cause)
            return
        with self._lock:
            self._asked = None
        with contextlib.suppress(InvalidStateError):
            asked.answers.set_result(answers)

    def _ready(self) -> Engine:
        if (engine := self._engine) is None:
            engine = self._make()
            with self._lock:
                self._engine = engine
                if self._closed:
                    engine.close()
        return engine

    def _end(self) -> None:
        """Let go of the engine: whatever went wrong, the next question gets a new one."""
        with self._lock:
            ended, self._engine, self._asked = self._engine, None, None
        if ended is not None:
            ended.close()
