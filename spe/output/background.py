"""Work that takes long, done beside the worker's passes: a stop or a withdrawal never waits for a check."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from threading import Event as Flag
from threading import Lock


class Background:
    """At most one piece of work a key; `stopping` is raised when the worker ends."""

    def __init__(self, pool: Executor) -> None:
        self._pool = pool
        self._work: dict[str, Future[None]] = {}
        self._lock = Lock()
        self.stopping = Flag()

    def is_running(self, key: str) -> bool:
        """Say whether work for `key` has begun and not ended."""
        with self._lock:
            return key in self._work and not self._work[key].done()

    def go_on(self, key: str, work: Callable[[], None]) -> None:
        """Begin the work for `key`; where it has ended, take its end instead, raising what it raised."""
        with self._lock:
            ended = self._work.pop(key, None)
            if ended is None:
                self._work[key] = self._pool.submit(work)
        if ended is not None:
            ended.result()
