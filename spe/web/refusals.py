"""Calls without a valid token are counted, not stored one by one: at most two entries a minute say how many.

So are calls that anybody may make, by their route: whoever has no token can't fill the log.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from spe.audit.change import Change, Committer, Entry, Who
from spe.audit.events import Event, StaffRef
from spe.audit.events.call import PublicCalls
from spe.audit.events.record import UnauthenticatedRefused
from spe.clock import Clock, epoch
from spe.errors import SpeError

API = Who(StaffRef("api"), "spe", "api")
_MINUTE = 60


@dataclass(slots=True)
class Refusals:
    """Counts the calls of nobody at one process; `flush_due` is called now and then, `flush` at the end."""

    committer: Committer
    clock: Clock
    _minute: int = 0
    _refused: int = 0
    _public: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self) -> None:
        """Count one refusal, and commit an earlier minute's counts if there are any."""
        self.flush_due()
        with self._lock:
            self._minute = self._minute or self._now()
            self._refused += 1

    def count_public(self, route: str) -> None:
        """Count one call that anybody may make, of a route's template, and commit an earlier minute's counts."""
        self.flush_due()
        with self._lock:
            self._minute = self._minute or self._now()
            self._public[route] += 1

    def flush_due(self) -> None:
        """Commit the counts of a minute that is over."""
        if self._minute and self._now() > self._minute:
            self.flush()

    def flush(self) -> None:
        """Commit what was counted; where the log can't be written the counts are kept for later."""
        with self._lock:
            minute, refused, public = self._minute, self._refused, self._public
            self._minute, self._refused, self._public = 0, 0, Counter()
        now = self.clock.now()
        entries = tuple(Entry(API, event, now) for event in _told(minute, refused, public))
        if not entries:
            return
        try:
            self.committer.commit(Change(entries=entries))
        except SpeError:
            with self._lock:
                self._minute, self._refused = minute, self._refused + refused
                self._public.update(public)

    def _now(self) -> int:
        return epoch(self.clock.now()) // _MINUTE


def _told(minute: int, refused: int, public: Counter[str]) -> Iterator[Event]:
    if refused:
        yield UnauthenticatedRefused(minute, refused)
    if public:
        routes = tuple(sorted(public))
        yield PublicCalls(minute, routes, tuple(public[route] for route in routes))
