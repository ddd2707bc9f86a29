"""Records against the log: each row must be the newest version that an entry tells of, and none may be missing."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
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

    Rows of an erased subject are gone without a name, or the log would link them: as many must be gone as entries say.
    """

    def __init__(self, rows: Iterable[Row], shelf: Shelf, name_of: Callable[[str, str], str]) -> None:
        self._rows = rows
        self._shelf = shelf
        self._name_of = name_of
        self._tally = Tally("rows")
        self._erased: Counter[str] = Counter()

    def heard(self, told: Told, _raw: bytes) -> None:
        """Remember the newest write of each record; a version that does not follow the one before is a misfit."""
        if told.type == SubjectForgotten.type:
            self._erased.update({table: _count(told.data.get(name)) for table, name in _COUNTED.items()})
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
        told = self._erased[table]
        if len(gone) < told:
            self._tally.misfits(f"entries tell of {told} erased rows, and {len(gone)} are gone", None, table)
        elif len(gone) > told:
            for key, index in gone:
                what = f", and entries tell of {told} erased ones among {len(gone)}" if told else ""
                self._tally.misfits(f"the row that the entry tells of is gone{what}", index, key)
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


def _count(value: object) -> int:
    return value if type(value) is int and value > 0 else 0
