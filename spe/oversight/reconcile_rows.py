"""Records against the log: each row must be the newest version that an entry tells of, and none may be missing."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from spe.audit.events.erasure import SubjectForgotten
from spe.audit.writes import FACTS, commitment
from spe.oversight.reconcile import Shelf, Tally, Told

_KIND = "row"
_ERASED = "erased at a subject's request"


_COUNTED = {"directive": "directives", "receipt": "receipts", "hold": "holds"}


@dataclass(frozen=True, slots=True)
class Row:
    """A stored record; `misfits` names the searched columns that say something else than its body."""

    table: str
    id: str
    version: int
    salt: str
    body: str
    misfits: tuple[str, ...]


class RowSource:
    """`Source` of the record tables; `name_of` gives the keyed name under which the log knows a record.

    Rows of an erased subject are gone without a name, or the log would link them: as many must be gone as entries say,
    and none of them may be younger than the entry that says it.
    """

    def __init__(self, rows: Iterable[Row], shelf: Shelf, name_of: Callable[[str, str], str]) -> None:
        self._rows = rows
        self._shelf = shelf
        self._name_of = name_of
        self._tally = Tally("rows")
        self._erased: dict[str, list[tuple[int, int]]] = defaultdict(list)

    def heard(self, told: Told, _raw: bytes) -> None:
        """Remember the newest write of each record; a version that does not follow the one before is a misfit."""
        if told.type == SubjectForgotten.type:
            for table, name in _COUNTED.items():
                self._erased[table].append((told.index, max(0, told.whole(name))))
        for table, version, record, said in told.writes:
            if table == FACTS:
                continue
            key = f"{table} {record}"
            before = self._shelf.each(_KIND, key)
            last = json.loads(before[-1][1])[0] if before else 0
            if version != last + 1:
                self._tally.misfits(f"the entry tells of version {version} after {last}", told.index, key)
            if before:
                self._shelf.drop(_KIND, key)
            self._shelf.put(_KIND, key, told.index, json.dumps([version, said]))

    def settled(self) -> Tally:
        """Compare every row with what is remembered, and miss what is left."""
        for row in self._rows:
            self._compare(row)
        gone: dict[str, list[tuple[str, int]]] = defaultdict(list)
        for key, index, _ in self._shelf.rest(_KIND):
            gone[key.partition(" ")[0]].append((key, index))
        for table in sorted({*gone, *self._erased}):
            self._settle(table, gone[table])
        return self._tally

    def _settle(self, table: str, gone: list[tuple[str, int]]) -> None:
        erased = self._erased[table]
        told = sum(count for _, count in erased)
        if len(gone) < told:
            self._tally.misfits(f"entries tell of {told} erased rows, and {len(gone)} are gone", None, table)
        elif len(gone) > told:
            for key, index in gone:
                what = f", and entries tell of {told} erased ones among {len(gone)}" if told else ""
                self._tally.misfits(f"the row that the entry tells of is gone{what}", index, key)
        elif late := _younger(gone, erased):
            for key, index in late:
                what = "the row that the entry tells of is gone, and too few were erased after it"
                self._tally.misfits(what, index, key)
        else:
            for _ in gone:
                self._tally.explains(_ERASED)

    def _compare(self, row: Row) -> None:
        key, name = f"{row.table} {self._name_of(row.table, row.id)}", f"{row.table} {row.id}"
        found = self._shelf.each(_KIND, key)
        if not found:
            self._tally.misfits("no entry tells of this row", None, name)
            return
        index, value = found[-1]
        self._shelf.drop(_KIND, key)
        version, said = json.loads(value)
        if row.version != version:
            where = "set back" if row.version < version else "ahead"
            what = f"the row is {where}: it has version {row.version}, the entry tells of {version}"
            self._tally.misfits(what, index, name)
        elif commitment(row.salt, row.table, row.id, row.version, row.body) != said:
            self._tally.misfits("the row's content is not what the entry commits to", index, name)
        elif row.misfits:
            self._tally.misfits(f"searched columns don't fit the body: {', '.join(row.misfits)}", index, name)
        else:
            self._tally.fits()


def _younger(gone: list[tuple[str, int]], erased: list[tuple[int, int]]) -> list[tuple[str, int]]:
    """Return the rows whose last version came after the entries that could tell of their erasure."""
    newest, entries, late = sorted(gone, key=lambda one: -one[1]), sorted(erased, reverse=True), []
    after, at = 0, 0
    for key, index in newest:
        while at < len(entries) and entries[at][0] > index:
            after, at = after + entries[at][1], at + 1
        if after == 0:
            late.append((key, index))
        else:
            after -= 1
    return late
