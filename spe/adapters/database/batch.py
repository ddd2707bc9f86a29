"""One transaction's worth of Changes: judge each against what is stored, then write all of them at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import BindParameter, Table, bindparam, delete, insert, select, update

from spe.adapters.database.driver import Driver
from spe.adapters.database.fence import WORKER
from spe.adapters.database.prepared import Key, Prepared, Row, as_text
from spe.adapters.database.tables import ANSWER, HEAD, LOG, MARK, OUTBOX, TABLES
from spe.audit.cover import Fenced
from spe.audit.merkle import CompactRange
from spe.audit.receipts import fact_id
from spe.errors import Conflict, IntegrityFailure

_BUNDLE = select(MARK.c.value).where(MARK.c.name == "bundle").scalar_subquery()
_WORKER = select(MARK.c.value).where(MARK.c.name == WORKER).scalar_subquery()
_STATE = select(HEAD.c.size, HEAD.c.range, _BUNDLE, _WORKER).with_for_update(of=HEAD)
_GROW = update(HEAD)
_EMPTIED: dict[str, BindParameter[Any]] = {
    name: bindparam(f"b_{name}") for name in ("handled", "kind", "about", "data", "salt")
}
_HANDLE = update(OUTBOX).where(OUTBOX.c.id == bindparam("b_id")).values(_EMPTIED)
_KEYS: BindParameter[str] = bindparam("keys", expanding=True)
_ANSWERED = select(ANSWER.c.key).where(ANSWER.c.key.in_(_KEYS))
_VERSIONS = {
    table: select(table.c.id, table.c.version).where(table.c.id.in_(_KEYS)) for table in TABLES.values()
}
_INSERT = {table: insert(table) for table in (*TABLES.values(), LOG, OUTBOX, ANSWER)}
_FORGET = {table: delete(table).where(table.c.id == bindparam("b_id")) for table in TABLES.values()}
_REPLACE = {table: update(table).where(table.c.id == bindparam("b_id")) for table in TABLES.values()}


class Batch:
    """Changes on their way into one transaction, which holds the write lock."""

    def __init__(self, driver: Driver, changes: Sequence[Prepared], token: str | None = None) -> None:
        """Read what is stored; `Fenced` where another worker has begun than the one whose token this is."""
        self._driver = driver
        state = driver.first(_STATE)
        if state is None:
            raise IntegrityFailure("the log has no head row")
        size, edge, self._bundle, worker = state
        if token not in {None, worker}:
            raise Fenced("another worker of this installation has begun, so nothing was done")
        self._edge = CompactRange.parse(size, edge)
        self._versions = self._stored_versions(key for one in changes for key, _ in one.expected)
        self._answered = self._stored_answers(one.call["key"] for one in changes if one.call)
        self._inserts: dict[Table, dict[str, Row]] = defaultdict(dict)
        self._updates: dict[Table, dict[str, Row]] = defaultdict(dict)
        self._forgotten: list[tuple[Table, Row]] = []
        self._log: list[Row] = []
        self._leaves: list[bytes] = []
        self._facts: list[Row] = []
        self._handled: list[Row] = []
        self._answers: list[Row] = []

    def add(self, change: Prepared) -> int:
        """Take `change` in and return its last entry's index; raise `Conflict` and leave the batch as it was."""
        self._judge(change)
        for key, row in change.puts:
            self._put(key, row)
        for key in change.forgotten:
            self._forget(key)
        size = self._edge.size + len(self._log)
        self._log += ({"index": at, "entry": entry} for at, entry in enumerate(change.entries, size))
        self._leaves += change.leaves
        index = size + len(change.entries) - 1
        self._facts += ({"id": fact_id(index, at), **row} for at, row in enumerate(change.facts))
        self._handled += change.handled
        if change.call is not None and change.answer is not None:
            self._answered.add(change.call["key"])
            self._answers.append({**change.call, "answer": as_text({**change.answer, "index": index})})
        return index

    def flush(self) -> None:
        """Write everything taken in."""
        with self._driver.together():
            self._flush()

    def _flush(self) -> None:
        for table, row in self._forgotten:
            self._driver.write(_FORGET[table], [row])
        for table, new in self._inserts.items():
            self._driver.write(_INSERT[table], list(new.values()))
        for table, changed in self._updates.items():
            rows = [{"b_id": id_, **row} for id_, row in changed.items()]
            self._driver.write(_REPLACE[table], rows)
        for table, rows in ((LOG, self._log), (OUTBOX, self._facts), (ANSWER, self._answers)):
            if rows:
                self._driver.write(_INSERT[table], rows)
        if self._handled:
            self._driver.write(_HANDLE, self._handled)
        if self._leaves:
            grown = self._edge.extend(self._leaves)
            self._driver.write(_GROW, [{"size": grown.size, "range": grown.serialise()}])

    def _judge(self, change: Prepared) -> None:
        if change.bundle is not None and change.bundle != self._bundle:
            raise Conflict("another policy bundle is in force by now")
        if change.call is not None and change.call["key"] in self._answered:
            raise Conflict("this call was answered already")
        for key, version in change.expected:
            if self._versions.get(key, 0) != version:
                raise Conflict(f"{key[0].name} has changed since it was read")

    def _put(self, key: Key, row: Row) -> None:
        """Keep the row as an insert where this very batch made it, also when it is put again."""
        (table, id_), version = key, row["version"]
        if version == 1 or id_ in self._inserts.get(table, ()):
            self._inserts[table][id_] = row
        else:
            self._updates[table][id_] = {name: value for name, value in row.items() if name != "id"}
        self._versions[key] = version

    def _forget(self, key: Key) -> None:
        """Delete a row, or leave it out where this very batch would have made it."""
        table, id_ = key
        if id_ not in self._inserts.get(table, ()):
            self._forgotten.append((table, {"b_id": id_}))
        for rows in (self._inserts, self._updates):
            rows.get(table, {}).pop(id_, None)
            if not rows.get(table, True):
                del rows[table]
        self._versions[key] = 0

    def _stored_versions(self, keys: Iterable[Key]) -> dict[Key, int]:
        wanted: dict[Table, set[str]] = defaultdict(set)
        for table, id_ in keys:
            wanted[table].add(id_)
        return {
            (table, id_): version
            for table, ids in wanted.items()
            for id_, version in self._driver.among(_VERSIONS[table], ids)
        }

    def _stored_answers(self, keys: Iterable[str]) -> set[str]:
        return {key for (key,) in self._driver.among(_ANSWERED, keys)}
