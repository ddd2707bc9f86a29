"""Answered calls against the log: rows that name the entry that they were committed with."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from spe.audit.events.record import RecordsWritten
from spe.oversight.reconcile import Shelf, Tally, Told

_ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """An answered call: the record that it made or changed, and the entry's index."""

    key: str
    id: str
    index: int


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
        self._earlier = written if told.type == RecordsWritten.type else ()

    def settled(self) -> Tally:
        """Find answers that name no entry."""
        for _, _, value in self._shelf.rest(_ANSWER):
            self._tally.misfits(
                "an answered call names no entry", None, f"answered_call {json.loads(value)[0]}"
            )
        return self._tally
