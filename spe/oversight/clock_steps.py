"""Steps back of the log's clock: entries stand in the order of their commits, whatever time they say.

A jump forward shows as well, as the step back that ends it: at the latest when the true time writes an entry again, which
asking for hints does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from spe.audit.search import StaffOpener, opened
from spe.oversight.hint import Hint, Seen, hint

_AT = slice(len(b'{"at":"'), len(b'{"at":"2026-03-01T09:00:00.000000Z'))
_Indexed = tuple[int, bytes]


class ClockSteps:
    """Looks at every entry's time on its way to others, whatever period they look at: a false time falls out of any.

    An entry is a step back if its time is more than `most` seconds before the latest that was seen since the last step;
    what processes that commit together differ by is less.
    """

    def __init__(self, most: int, opener: StaffOpener) -> None:
        self._most = most
        self._opener = opener
        self.found: list[Hint] = []

    def watch(self, entries: Iterable[_Indexed]) -> Iterator[_Indexed]:
        """Yield the entries, and keep what their times show."""
        latest: _Indexed = (-1, b"")
        for entry in entries:
            if entry[1][_AT] >= latest[1][_AT] or self._is_step(latest, entry):
                latest = entry
            yield entry

    def _is_step(self, latest: _Indexed, entry: _Indexed) -> bool:
        seconds = _seconds(latest[1][_AT], entry[1][_AT])
        if seconds is None or seconds <= self._most:
            return False
        steps = [self._seen(*latest), self._seen(*entry)]
        params = {"index": str(entry[0]), "seconds": str(seconds), "most": str(self._most)}
        self.found.append(hint("clock_back", steps, f"entry {entry[0]}", **params))
        return True

    def _seen(self, index: int, raw: bytes) -> Seen:
        entry = opened(raw, self._opener)
        who, at = entry["who"], datetime.fromisoformat(entry["at"])
        return Seen(index, at, entry["type"], who["id"], who["organisation"], who["role"], entry["data"])


def _seconds(late: bytes, early: bytes) -> int | None:
    """Return how many seconds lie between two instants; None where one can't be read, which others say."""
    try:
        times = [datetime.fromisoformat(one.decode("ascii")) for one in (late, early)]
    except ValueError:
        return None
    return int((times[0] - times[1]).total_seconds())
