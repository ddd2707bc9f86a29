"""Calls without a valid token are counted, not stored one by one: at most one entry a minute says how many."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from spe.audit.change import Change, Committer, Entry, Who
from spe.audit.events import StaffRef
from spe.audit.events.record import UnauthenticatedRefused
from spe.clock import Clock, epoch
from spe.errors import SpeError

API = Who(StaffRef("api"), "spe", "api")
_MINUTE = 60


@dataclass(slots=True)
class Refusals:
    """Counts refusals of one process; `flush_due` is called now and then, `flush` at the end."""

    committer: Committer
    clock: Clock
    _minute: int = 0
    _count: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self) -> None:
        """Count one refusal, and commit an earlier minute's count if there is one."""
        self.flush_due()
        with self._lock:
            self._minute = self._minute or self._now()
            self._count += 1

    def flush_due(self) -> None:
        """Commit the count of a minute that is over."""
        if self._count and self._now() > self._minute:
            self.flush()

    def flush(self) -> None:
        """Commit what was counted; where the log can't be written the count is kept for later."""
        with self._lock:
            minute, count, self._minute, self._count = self._minute, self._count, 0, 0
        if not count:
            return
        entry = Entry(API, UnauthenticatedRefused(minute, count), self.clock.now())
        try:
            self.committer.commit(Change(entries=(entry,)))
        except SpeError:
            with self._lock:
                self._minute, self._count = minute, self._count + count

    def _now(self) -> int:
        return epoch(self.clock.now()) // _MINUTE
