"""People's looks at what their own token says: nothing that is stored is opened for them, so not each is an entry.

In each minute the first look of a person leaves an entry before it is answered. Those that follow are counted, and the
counts are committed once the minute is over, in the person's name.
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool

from spe.audit.change import Change, Committer, Entry, Who
from spe.audit.events.call import OwnDataShown, OwnDataShownAgain
from spe.clock import Clock, epoch
from spe.errors import SpeError
from spe.identity.model import Person
from spe.web.calls import bearer_of, edge, signed_in

TALLIED = "tallied"
_MINUTE = 60


@dataclass(slots=True)
class OwnLooks:
    """The looks at one process; `flush_due` is called now and then, `flush` at the end."""

    committer: Committer
    clock: Clock
    _minute: int = 0
    _first: set[Who] = field(default_factory=set)
    _again: Counter[tuple[Who, int]] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def again(self, who: Who) -> bool:
        """Count one look, if there is an entry of `who` in this minute; say whether there is."""
        minute = self._now()
        with self._lock:
            if minute != self._minute or who not in self._first:
                return False
            self._again[who, minute] += 1
        return True

    def first(self, who: Who) -> None:
        """Commit that `who` looks, and the counts of minutes that are over; raise what keeps it from being committed."""
        minute = self._now()
        self.flush_due()
        self.committer.commit(Change(entries=(Entry(who, OwnDataShown(), self.clock.now()),)))
        with self._lock:
            if minute != self._minute:
                self._minute, self._first = minute, set()
            self._first.add(who)

    def flush_due(self) -> None:
        """Commit the counts of minutes that are over."""
        self._flush(self._now())

    def flush(self) -> None:
        """Commit all that was counted."""
        self._flush(self._now() + 1)

    def _flush(self, before: int) -> None:
        """Commit the counts of earlier minutes; where the log can't be written they are kept for later."""
        with self._lock:
            due = {key: many for key, many in self._again.items() if key[1] < before}
            for key in due:
                del self._again[key]
        if not due:
            return
        now = self.clock.now()
        entries = (Entry(who, OwnDataShownAgain(minute, many), now) for (who, minute), many in due.items())
        try:
            self.committer.commit(Change(entries=tuple(entries)))
        except SpeError:
            with self._lock:
                self._again.update(due)

    def _now(self) -> int:
        return epoch(self.clock.now()) // _MINUTE


async def _own(request: Request) -> Person:
    """Return who calls; only a token that isn't remembered takes a thread of the server."""
    remembered = edge(request).verifier.remembered
    token = bearer_of(request.headers.getlist("authorization"))
    person = remembered(token) if token else None
    if person is None:
        return await run_in_threadpool(signed_in, request)
    request.scope["person"] = person
    return person


async def looked(request: Request, person: Annotated[Person, Depends(_own)]) -> Person:
    """Return who looks at their own, once that is in the log or counted beside what is."""
    looks: OwnLooks = request.app.state.own
    who = person.who()
    if not looks.again(who):
        await run_in_threadpool(looks.first, who)
    request.scope[TALLIED] = True
    return person


Looked = Annotated[Person, Depends(looked)]


def is_tallied(scope: Any, status: int) -> bool:
    """Say whether this call is answered for already: its look is in the log, or counted."""
    return bool(scope.get(TALLIED)) and status < 400
