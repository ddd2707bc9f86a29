"""Callers that wait for the writer, and the writer that waits for them.

Bare locks: a condition takes as long as all else that is done here, and wakes the writer for each who comes.
"""

from __future__ import annotations

import threading

from spe.adapters.database.prepared import Prepared
from spe.audit.change import Change


class Waiting:
    """A Change whose caller waits.

    `begin` succeeds once: for the writer, which then answers, or for the caller, and then it never happens.
    """

    __slots__ = ("_answer", "_begun", "_silent", "change")

    def __init__(self, change: Change | Prepared) -> None:
        self.change = change
        self._answer: int | Exception | None = None
        self._begun = threading.Lock()
        self._silent = threading.Lock()
        self._silent.acquire()

    def begin(self) -> bool:
        """Say whether it is yours: nobody else began it, nor will."""
        return self._begun.acquire(blocking=False)

    def answer(self, answer: int | Exception) -> None:
        """Tell the caller what became of it."""
        self._answer = answer
        self._silent.release()

    def heard(self, patience: float) -> int | None:
        """Return the answer or raise it; None where there is none within `patience` seconds."""
        if not self._silent.acquire(timeout=patience):
            return None
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


class Queue:
    """Who waits, in the order in which they came; many may `put`, one takes."""

    def __init__(self) -> None:
        self._waiting: list[Waiting] = []
        self._wanted = 1
        self._closed = False
        self._lock = threading.Lock()
        self._bell = threading.Lock()

    def count(self) -> int:
        """Return how many wait."""
        return len(self._waiting)

    def put(self, one: Waiting) -> None:
        """Have `one` wait."""
        with self._lock:
            self._waiting.append(one)
            if len(self._waiting) >= self._wanted:
                self._ring()

    def close(self) -> None:
        """Let nobody wait for more any longer."""
        with self._lock:
            self._closed = True
            self._ring()

    def take(self, most: int, expected: int, seconds: float) -> list[Waiting]:
        """Return whoever waits, at most `most`: once `expected` do, or after `seconds`, or when the first then comes.

        Nobody once it is closed and empty.
        """
        if expected > 1:
            self._await(min(expected, most), seconds)
        while not (taken := self.more(most)) and not self._closed:
            self._await(1, -1)
        return taken

    def more(self, most: int) -> list[Waiting]:
        """Return whoever waits by now, at most `most`."""
        with self._lock:
            taken = self._waiting[:most]
            del self._waiting[:most]
        return taken

    def _await(self, wanted: int, seconds: float) -> None:
        with self._lock:
            self._bell.acquire(blocking=False)  # It may have rung for those who were taken since.
            self._wanted = wanted
            if len(self._waiting) >= wanted or self._closed:
                return
        self._bell.acquire(timeout=seconds)

    def _ring(self) -> None:
        if self._bell.locked():
            self._bell.release()
