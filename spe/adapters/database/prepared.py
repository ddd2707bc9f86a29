"""A Change as rows and bytes: all that can be done, or go wrong, before the write lock is taken."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Integer, String, Table

from spe.adapters.database.tables import ANSWER, FIXED, OUTBOX, TABLES
from spe.audit.change import Change, Entry, Fact, Put
from spe.audit.encode import Identities, encode
from spe.audit.events.record import RecordsWritten
from spe.audit.merkle import leaf_hash
from spe.audit.receipts import fact_place
from spe.audit.records import Record, status_of
from spe.audit.writes import (
    FACTS,
    HANDLED,
    MOST_IN_AN_ENTRY,
    TOLD,
    Write,
    commitment,
    fact_commitment,
    fresh,
)
from spe.clock import epoch
from spe.errors import Malformed
from spe.values import from_stored, plain_stored, to_data

Key = tuple[Table, str]
Row = dict[str, Any]
_EMPTY = {"b_kind": "", "b_about": "", "b_data": "{}", "b_salt": ""}
Widths = dict[str, int]
_JSON = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class Prepared:
    """What of a Change goes into the database; rows of facts lack their ids, and the answer its index."""

    expected: tuple[tuple[Key, int], ...]
    puts: tuple[tuple[Key, Row], ...]
    entries: tuple[bytes, ...]
    leaves: tuple[bytes, ...]
    facts: tuple[Row, ...]
    handled: tuple[Row, ...]
    forgotten: tuple[Key, ...]
    bundle: str | None
    call: Row | None
    answer: Row | None


def prepare(change: Change, identities: Identities) -> Prepared:
    """Return the Change as it will be stored; raise `Malformed` for what could not be read back."""
    drawn = fresh()
    puts = tuple((_key(type(put.value), put.value.id), _row(put, next(drawn))) for put in change.puts)
    if len(dict(puts)) != len(puts):
        raise Malformed("a change puts the same record twice")
    versions = [put.expects for put in change.puts]
    expected = [(key, version) for (key, _), version in zip(puts, versions, strict=True)]
    expected += [(_key(one.kind, one.id), one.version) for one in change.expects]
    expected += [(_key(one.kind, one.id), one.version) for one in change.forgets]
    at = epoch(change.entries[-1].at)
    facts = tuple(_fitting(OUTBOX, _fact(fact, at, next(drawn))) for fact in change.facts)
    writes = (
        *(_write(key, row, identities) for key, row in puts),
        *(_told(place, row) for place, row in enumerate(facts)),
        *(_handled(id_) for id_ in change.handled),
    )
    entries = tuple(
        encode(entry, identities, written, next(drawn))
        for entry, written in with_writes(change.entries, writes)
    )
    call = change.call
    return Prepared(
        expected=tuple(expected),
        puts=puts,
        entries=entries,
        leaves=tuple(leaf_hash(entry) for entry in entries),
        facts=facts,
        handled=tuple({"b_id": id_, "b_handled": at, **_EMPTY} for id_ in change.handled),
        forgotten=tuple(_key(one.kind, one.id) for one in change.forgets),
        bundle=change.bundle,
        call=_fitting(ANSWER, {"key": call.key, "digest": call.digest}) if call else None,
        answer=_answer(change.puts[0].value) if call and change.puts else None,
    )


def with_writes(
    entries: tuple[Entry, ...], writes: tuple[Write, ...]
) -> Iterator[tuple[Entry, tuple[Write, ...]]]:
    """Yield each entry with the writes it tells of: the last tells of all, or of the last few of very many.

    An entry is bounded, an import is not: the others stand in entries of their own before the last.
    """
    last = entries[-1]
    rest = len(writes) - min(len(writes), MOST_IN_AN_ENTRY)
    yield from ((entry, ()) for entry in entries[:-1])
    for at in range(0, rest, MOST_IN_AN_ENTRY):
        part = writes[at : min(at + MOST_IN_AN_ENTRY, rest)]
        yield Entry(last.who, RecordsWritten(len(part)), last.at, last.bundle, last.decisions), part
    yield last, writes[rest:]


def as_text(data: Any) -> str:
    """Return plain data as JSON text that any database takes; raise `Malformed` for what is none."""
    try:
        text = _JSON.encode(data)
        text.encode()
    except (TypeError, ValueError, RecursionError):
        raise Malformed("a value can't be stored as JSON") from None
    return text


def _key(kind: type[Record], id_: str) -> Key:
    if kind not in TABLES:
        raise Malformed(f"{kind.__name__} is not a kind of record")
    if not is_text(id_):
        raise Malformed("an identifier has characters that can't be stored")
    return TABLES[kind], id_


def _row(put: Put, salt: str) -> Row:
    value = put.value
    if type(value) in FIXED and put.expects:
        raise Malformed(f"a {value.table} is never changed")
    data = to_data(value)
    from_stored(type(value), data)
    indexed = {name: data[name] for name in value.indexed}
    row = {
        "id": data["id"],
        "version": put.expects + 1,
        "body": as_text(data),
        "salt": salt,
        **indexed,
    }
    return _fitting(TABLES[type(value)], row)


def _fitting(table: Table, row: Row) -> Row:
    """Return the row; raise `Malformed` where a database that holds columns to their width would refuse it.

    It would refuse the whole transaction, and so what others do.
    """
    for name, most in _WIDTHS[table].items():
        value = row.get(name, 0)
        if (len(value) if isinstance(value, str) else value) > most:
            raise Malformed(f"{name} is too large to be stored in {table.name}")
        if isinstance(value, str) and not is_text(value):
            raise Malformed(f"{name} has characters that can't be stored in {table.name}")
    return row


def is_text(value: str) -> bool:
    """Say whether any database takes it as text."""
    return "\x00" not in value and (value.isascii() or not any("\ud800" <= one <= "\udfff" for one in value))


def _widths(table: Table) -> Widths:
    found: Widths = {}
    for column in table.columns:
        kind = column.type
        if isinstance(kind, String) and kind.length:
            found[column.name] = kind.length
        elif isinstance(kind, Integer):
            found[column.name] = 2**63 - 1 if isinstance(kind, BigInteger) else 2**31 - 1
    return found


_WIDTHS: dict[Table, Widths] = {table: _widths(table) for table in (*TABLES.values(), OUTBOX, ANSWER)}


def _write(key: Key, row: Row, identities: Identities) -> Write:
    (table, id_), version = key, row["version"]
    said = commitment(row["salt"], table.name, id_, version, row["body"])
    return Write(table.name, version, identities.digest_record(table.name, id_), said)


def _fact(fact: Fact, at: int, salt: str) -> Row:
    data = plain_stored(to_data(fact.data))
    text = as_text(data)
    return {"kind": fact.kind, "about": fact.about, "data": text, "at": at, "handled": 0, "salt": salt}


def _told(place: int, row: Row) -> Write:
    return Write(
        FACTS, TOLD, str(place), fact_commitment(row["salt"], row["kind"], row["about"], row["data"])
    )


def _handled(id_: str) -> Write:
    if fact_place(id_)[0] < 0:
        raise Malformed("that is not the identifier of a fact")
    return Write(FACTS, HANDLED, id_, "")


def _answer(first: Record) -> Row:
    return {"id": first.id, "status": status_of(first)}
