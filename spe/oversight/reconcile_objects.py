"""Openings of sealed objects against the log: each line of the vault's own journal follows an entry that announced it."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256

from spe.audit.events.record import ObjectOpened
from spe.oversight.reconcile import Shelf, Tally, Told
from spe.oversight.reconcile_journals import Line, Lines, Processes, numbered

_KIND = "opened"
_SKEW = timedelta(seconds=5)


class ObjectSource:
    """`Source` of openings; lines after `until`, when the log was read, are not compared: the next time they are."""

    def __init__(self, lines: Lines, shelf: Shelf, until: str) -> None:
        self._lines = lines
        self._shelf = shelf
        self._until = until
        self._processes = Processes("openings")
        self._tally = Tally("openings")

    def heard(self, told: Told, _raw: bytes) -> None:
        """Remember what was announced."""
        self._processes.heard(told)
        if told.type == ObjectOpened.type:
            object_, scope = (str(told.data.get(name)) for name in ("object", "scope"))
            self._shelf.put(_KIND, f"{_digest(object_)} {_digest(scope)}", told.index, told.at)

    def settled(self) -> Tally:
        """Give each opening an announcement of its own; announcements that are left are no openings."""
        for line in numbered(self._lines.lines(), self._processes, self._tally, self._until):
            self._match(line)
        for _ in self._shelf.rest(_KIND):
            self._tally.explains("announced, and never begun")
        return self._tally

    def _match(self, line: Line) -> None:
        key = f"{line.data.get('object')} {line.data.get('scope')}"
        before = [index for index, at in self._shelf.each(_KIND, key) if _is_before(at, line.at)]
        if before:
            self._shelf.drop(_KIND, key, before[-1])
            self._tally.fits()
        else:
            self._tally.misfits(
                "a sealed object was opened, and no entry announced it", None, line=line.where
            )


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def _is_before(announced: str, opened: str) -> bool:
    try:
        return datetime.fromisoformat(announced) <= datetime.fromisoformat(opened) + _SKEW
    except ValueError:
        return False
