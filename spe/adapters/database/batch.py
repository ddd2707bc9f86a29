"""One transaction's worth of Changes: judge each against what is stored, then write all of them at once."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

from sqlalchemy import Connection, Table, bindparam, insert, select, update

from spe.adapters.database.tables import ANSWER, HEAD, LOG, MARK, OUTBOX, TABLES
from spe.audit.change import Change, Put
from spe.audit.merkle import CompactRange
from spe.audit.records import Record, status_of
from spe.clock import epoch
from spe.errors import Conflict, IntegrityFailure
from spe.ids import new_id
from spe.values import to_data

_Rows = dict[Table, list[dict[str, Any]]]


class Batch:
    """Changes on their way into one transaction, whose connection holds the write lock."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        head = connection.execute(select(HEAD).with_for_update()).one_or_none()
        if head is None:
            raise IntegrityFailure("the log has no head row")
        self._before = head.size
        self._range = CompactRange.parse(head.size, head.range)
        self._versions: dict[tuple[Table, str], int] = {}
        self._inserts: _Rows = defaultdict(list)
        self._updates: _Rows = defaultdict(list)
        self._handled: list[dict[str, Any]] = []
        self._bundle = connection.scalar(select(MARK.c.value).where(MARK.c.name == "bundle"))

    def add(self, change: Change, entries: tuple[bytes, ...]) -> int:
        """Take `change` in, or raise `Conflict` and leave the batch as it was; return its last entry's index."""
        self._judge(change)
        for put in change.puts:
            self._put(put)
        for entry in entries:
            self._inserts[LOG].append({"index": self._range.size, "entry": entry})
            self._range = self._range.append_entry(entry)
        self._send(change)
        self._answer(change)
        return self._range.size - 1

    def flush(self) -> None:
        """Write everything taken in."""
        for table, rows in self._inserts.items():
            self._connection.execute(insert(table), rows)
        for table, rows in self._updates.items():
            statement = update(table).where(table.c.id == bindparam("b_id"))
            self._connection.execute(statement, rows)
        if self._handled:
            statement = update(OUTBOX).where(OUTBOX.c.id == bindparam("b_id"))
            self._connection.execute(statement.values(handled=bindparam("b_at")), self._handled)
        if self._range.size != self._before:
            head = {"size": self._range.size, "range": self._range.serialise()}
            self._connection.execute(update(HEAD).values(**head))

    def _judge(self, change: Change) -> None:
        if change.bundle is not None and change.bundle != self._bundle:
            raise Conflict("another policy bundle is in force by now")
        expected = [(TABLES[type(put.value)], put.value.id, put.expects) for put in change.puts]
        expected += [(TABLES[one.kind], one.id, one.version) for one in change.expects]
        if change.call is not None and self._answered(change.call.key):
            raise Conflict("this call was answered already")
        for table, id_, version in expected:
            if self._version(table, id_) != version:
                raise Conflict(f"{table.name} has changed since it was read")

    def _answered(self, key: str) -> bool:
        waiting = any(row["key"] == key for row in self._inserts.get(ANSWER, ()))
        return waiting or self._connection.scalar(select(ANSWER.c.key).where(ANSWER.c.key == key)) is not None

    def _version(self, table: Table, id_: str) -> int:
        known = self._versions.get((table, id_))
        if known is None:
            known = self._connection.scalar(select(table.c.version).where(table.c.id == id_)) or 0
            self._versions[table, id_] = known
        return known

    def _put(self, put: Put) -> None:
        table, value = TABLES[type(put.value)], put.value
        row = _row(value, put.expects + 1)
        if put.expects == 0:
            self._inserts[table].append(row)
        else:
            self._flush_insert(table, value.id)
            self._updates[table].append({"b_id": row.pop("id"), **row})
        self._versions[table, value.id] = put.expects + 1

    def _flush_insert(self, table: Table, id_: str) -> None:
        """Write inserts of `table` early when this very batch made the row that is now updated."""
        if any(row["id"] == id_ for row in self._inserts.get(table, ())):
            self._connection.execute(insert(table), self._inserts.pop(table))

    def _answer(self, change: Change) -> None:
        """Keep the answer to the call beside its effect, so that a repetition gets it and does nothing."""
        if change.call is None or not change.puts:
            return
        first = change.puts[0].value
        answer = {"id": first.id, "status": status_of(first), "index": self._range.size - 1}
        row = {"key": change.call.key, "digest": change.call.digest, "answer": json.dumps(to_data(answer))}
        self._inserts[ANSWER].append(row)

    def _send(self, change: Change) -> None:
        at = change.entries[-1].at
        for fact in change.facts:
            data = json.dumps(to_data(fact.data))
            row = {
                "id": new_id("fact", at),
                "kind": fact.kind,
                "about": fact.about,
                "data": data,
                "at": epoch(at),
            }
            self._inserts[OUTBOX].append(row | {"handled": 0})
        self._handled += [{"b_id": id_, "b_at": epoch(at)} for id_ in change.handled]


def _row(value: Record, version: int) -> dict[str, Any]:
    indexed = {name: to_data(getattr(value, name)) for name in value.indexed}
    body = json.dumps(to_data(value), ensure_ascii=False, separators=(",", ":"))
    return {"id": value.id, "version": version, "body": body, **indexed}
