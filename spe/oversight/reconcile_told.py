"""Facts and answered calls against the log: rows that name the entry that they were committed with."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from spe.audit.events.record import FactsHandedOn, ReceiptGiven
from spe.clock import epoch
from spe.oversight.reconcile import Shelf, Tally, Told

_FACT, _HEARD, _ANSWER = "fact", "heard", "answer"


@dataclass(frozen=True, slots=True)
class FactRow:
    """A row of the outbox: `index` and `place` are what its name says of its entry, -1 where it says nothing."""

    id: str
    index: int
    place: int
    at: int
    handled: bool


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """An answered call: the record that it made or changed, and the entry's index."""

    key: str
    id: str
    index: int


class FactSource:
    """`Source` of the outbox: each fact is of an entry's very second, and as many are handled as entries say."""

    def __init__(self, rows: Iterable[FactRow], shelf: Shelf) -> None:
        self._shelf = shelf
        self._tally = Tally("facts")
        self._handled = self._said = 0
        for row in rows:
            self._handled += row.handled
            shelf.put(_FACT, str(row.index), row.place, json.dumps([row.id, row.at]))
            shelf.put(_HEARD, row.id, 0, "")

    def heard(self, told: Told, _raw: bytes) -> None:
        """Hold the entry's facts to it, and what it says of facts to them."""
        rows = self._shelf.each(_FACT, str(told.index))
        for number, (place, value) in enumerate(rows):
            id_, at = json.loads(value)
            if place != number:
                self._tally.misfits("a fact before this one is gone", told.index, f"outbox {id_}")
            elif _seconds(told.at) != at:
                self._tally.misfits("a fact is of another second than its entry", told.index, f"outbox {id_}")
            else:
                self._tally.fits()
        if rows:
            self._shelf.drop(_FACT, str(told.index))
        if told.type == FactsHandedOn.type:
            self._said += int(told.data.get("facts", 0))
        if told.type == ReceiptGiven.type and not self._shelf.each(_HEARD, str(told.data.get("fact"))):
            self._tally.misfits(
                "a fact that was answered is gone", told.index, f"outbox {told.data.get('fact')}"
            )

    def settled(self) -> Tally:
        """Find facts of no entry, and facts that are marked handled though no entry says so."""
        for _, _, value in self._shelf.rest(_FACT):
            self._tally.misfits("a fact is of no entry", None, f"outbox {json.loads(value)[0]}")
        if self._handled != self._said:
            what = f"{self._handled} facts are marked handled, entries say {self._said}"
            self._tally.misfits(what, None, "outbox")
        return self._tally


class AnswerSource:
    """`Source` of answered calls: the entry that an answer names must tell of the record that it names."""

    def __init__(
        self,
        rows: Iterable[AnswerRow],
        shelf: Shelf,
        tables: Iterable[str],
        name_of: Callable[[str, str], str],
    ) -> None:
        self._shelf = shelf
        self._tables = tuple(tables)
        self._name_of = name_of
        self._tally = Tally("answers")
        self._earlier: tuple[tuple[str, int, str, str], ...] = ()
        for number, row in enumerate(rows):
            shelf.put(_ANSWER, str(row.index), number, json.dumps([row.key, row.id]))

    def heard(self, told: Told, _raw: bytes) -> None:
        """Hold the answers that name this entry to what it tells of; parts of one large change count together."""
        written = (*self._earlier, *told.writes)
        answers = self._shelf.each(_ANSWER, str(told.index))
        for _, value in answers:
            key, id_ = json.loads(value)
            names = {(table, self._name_of(table, id_)) for table in self._tables}
            if any((table, record) in names for table, _, record, _ in written):
                self._tally.fits()
            else:
                self._tally.misfits(
                    "an answered call names an entry that tells of another record",
                    told.index,
                    f"answered_call {key}",
                )
        if answers:
            self._shelf.drop(_ANSWER, str(told.index))
        self._earlier = written if told.type == "record.written" else ()

    def settled(self) -> Tally:
        """Find answers that name no entry."""
        for _, _, value in self._shelf.rest(_ANSWER):
            self._tally.misfits(
                "an answered call names no entry", None, f"answered_call {json.loads(value)[0]}"
            )
        return self._tally


def _seconds(at: str) -> int:
    try:
        return epoch(datetime.fromisoformat(at))
    except ValueError:
        return -1
