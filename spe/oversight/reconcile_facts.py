"""Facts against the log: each row of the outbox says what its entry commits to, until an entry tells that it was handled."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from spe.audit.events.record import RecordsWritten
from spe.audit.receipts import fact_id
from spe.audit.writes import FACTS, HANDLED, TOLD, fact_commitment
from spe.clock import epoch
from spe.oversight.reconcile import Shelf, Tally, Told

_FACT = "fact"


@dataclass(frozen=True, slots=True)
class FactRow:
    """A row of the outbox; `handled` is the second in which it was, or 0."""

    id: str
    kind: str
    about: str
    data: str
    at: int
    handled: int
    salt: str


class FactSource:
    """`Source` of the outbox: no fact is changed, made up or gone, and none is handled unless an entry names it so."""

    def __init__(self, rows: Iterable[FactRow], shelf: Shelf) -> None:
        self._rows = rows
        self._shelf = shelf
        self._tally = Tally("facts")
        self._earlier: list[tuple[str, str]] = []

    def heard(self, told: Told, _raw: bytes) -> None:
        """Remember the facts that the entry, or an earlier part of its change, commits to, and those that it handles."""
        for table, version, record, said in told.writes:
            if table == FACTS and version == TOLD:
                self._earlier.append((record, said))
            elif table == FACTS and version == HANDLED:
                self._handle(record, told)
            elif table == FACTS:
                self._tally.misfits(f"the entry does to a fact what there is not: {version}", told.index)
        if told.type != RecordsWritten.type:
            for place, said in self._earlier:
                self._tell(place, said, told)
            self._earlier = []

    def settled(self) -> Tally:
        """Compare every row with what is remembered, and miss what is left."""
        for row in self._rows:
            self._compare(row)
        for id_, _, value in self._shelf.rest(_FACT):
            self._tally.misfits("a fact that the entry tells of is gone", json.loads(value)[0], _name(id_))
        return self._tally

    def _tell(self, place: str, said: str, told: Told) -> None:
        try:
            id_ = fact_id(told.index, int(place))
        except ValueError:
            self._tally.misfits("the entry tells of a fact without a place", told.index)
        else:
            self._shelf.put(_FACT, id_, 0, json.dumps([told.index, said, _seconds(told.at), 0]))

    def _handle(self, id_: str, told: Told) -> None:
        """Remember that it was handled; to handle it again changes the second of it and nothing else."""
        found = self._shelf.each(_FACT, id_)
        if not found:
            self._tally.misfits("the entry handles a fact that no entry told of", told.index, _name(id_))
            return
        _, said, at, _ = json.loads(found[-1][1])
        self._shelf.put(_FACT, id_, 0, json.dumps([told.index, said, at, _seconds(told.at)]))

    def _compare(self, row: FactRow) -> None:
        found = self._shelf.each(_FACT, row.id)
        if not found:
            self._tally.misfits("no entry tells of this fact", None, _name(row.id))
            return
        self._shelf.drop(_FACT, row.id)
        index, said, at, handled = json.loads(found[-1][1])
        what = _misfit(row, said, at, handled)
        if what:
            self._tally.misfits(what, index, _name(row.id))
        else:
            self._tally.fits()


def _misfit(row: FactRow, said: str, at: int, handled: int) -> str:
    if row.at != at:
        return "the fact is of another second than its entry"
    if row.handled != handled:
        return (
            "the fact is marked handled otherwise than the entry says"
            if handled
            else "the fact is marked handled, and no entry says so"
        )
    if handled:
        stays = (row.kind, row.about, row.data, row.salt) != ("", "", "{}", "")
        return "something stays of a handled fact" if stays else ""
    changed = fact_commitment(row.salt, row.kind, row.about, row.data) != said
    return "the fact's content is not what the entry commits to" if changed else ""


def _name(id_: str) -> str:
    return f"outbox {id_}"


def _seconds(at: str) -> int:
    try:
        return epoch(datetime.fromisoformat(at))
    except ValueError:
        return -1
