"""A copy of the whole database in one file, made while others write, and a database made from it, of either kind.

The file is lines of JSON, compressed: what it is, then every row of every table but sessions as it was at one instant, then how many
there were and the SHA-256 of all lines before. Bytes are in base64.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from gzip import GzipFile
from pathlib import Path
from typing import Any, BinaryIO, cast

from sqlalchemy import Connection, Engine, LargeBinary, MetaData, Table, insert, select, text

from spe.adapters.database.engine import migrate, reading, unreachable, writing
from spe.adapters.database.snapshot import snapshot
from spe.adapters.database.tables import METADATA, PORTAL_SESSION
from spe.errors import Conflict, IntegrityFailure, Unreachable

_FORMAT = "spe database copy 1"
_AT_ONCE = 500
_LONGEST_LINE = 64 << 20
_REVISION = "alembic_version"
# Whoever signed out after the copy was made must not be signed in again by it.
_LEFT_OUT = PORTAL_SESSION.name


@dataclass(frozen=True, slots=True)
class Copied:
    """How many rows there are, and the digest of all lines."""

    rows: int
    sha256: str


def write_copy(url: str, out: BinaryIO) -> Copied:
    """Write the database at `url` as it is at one instant to `out`."""
    digest, counted = hashlib.sha256(), 0
    with snapshot(url) as stored, GzipFile(fileobj=out, mode="wb", mtime=0) as packed:
        connection = stored.connection
        for line in _lines(connection):
            digest.update(line)
            packed.write(line)
            counted += 1
        packed.write(_line({"rows": counted - 1, "sha256": digest.hexdigest()}))
    return Copied(counted - 1, digest.hexdigest())


def has_checkpoint(file: Path, size: int, note: str) -> bool:
    """Say whether the copy has this checkpoint; `IntegrityFailure` where it is not whole, or none."""
    with _opened(file) as lines:
        if next(lines, {}).get("format") != _FORMAT:
            raise IntegrityFailure(f"{file} is not a copy of a database of ours")
        wanted = {"table": "log_checkpoint", "row": {"size": size, "note": note}}
        return sum(line == wanted for line in lines) > 0


def load_copy(engine: Engine, file: Path, marks: dict[str, str]) -> Copied:
    """Fill an empty database from a copy and set `marks`; all of it or nothing.

    The tables are made at the copy's revision first and brought up to date afterwards. `Conflict`: there is something in it
    already. `IntegrityFailure`: the copy is not whole, or none.
    """
    with _opened(file) as lines:
        head = next(lines, {})
        if head.get("format") != _FORMAT or not isinstance(head.get("revision"), str):
            raise IntegrityFailure(f"{file} is not a copy of a database of ours")
        _refuse_what_is_there(engine)
        migrate(engine, head["revision"])
        with unreachable("the copy can't be loaded"), writing(engine) as connection:
            _empty(connection)
            copied = _load(connection, lines)
            _set(connection, marks)
    migrate(engine)
    return copied


def _lines(connection: Connection) -> Iterator[bytes]:
    revision = connection.scalar(text("SELECT version_num FROM alembic_version"))
    yield _line({"format": _FORMAT, "revision": revision})
    for table in METADATA.sorted_tables:
        if table.name == _LEFT_OUT:
            continue
        rows = connection.execution_options(yield_per=_AT_ONCE).execute(
            select(table).order_by(*table.primary_key)
        )
        yield from (_line({"table": table.name, "row": _plain(dict(row))}) for row in rows.mappings())


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: base64.b64encode(value).decode() if isinstance(value, bytes | memoryview) else value
        for name, value in row.items()
    }


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


@contextmanager
def _opened(file: Path) -> Iterator[Iterator[dict[str, Any]]]:
    """Yield the copy's lines as they are read; `IntegrityFailure` where it turns out damaged at any of them."""
    try:
        with file.open("rb") as raw, GzipFile(fileobj=raw, mode="rb") as packed:
            yield _checked(cast(BinaryIO, packed))
    except FileNotFoundError as cause:
        raise Unreachable(f"{file} can't be read: {cause.strerror}") from cause
    except (EOFError, zlib.error, OSError) as cause:
        raise IntegrityFailure(f"{file} is damaged") from cause


def _checked(packed: BinaryIO) -> Iterator[dict[str, Any]]:
    """Yield every line but the last, which has to fit them."""
    digest, counted = hashlib.sha256(), 0
    while raw := packed.readline(_LONGEST_LINE):
        value = _parsed(raw)
        if "sha256" in value:
            if value != {"rows": counted - 1, "sha256": digest.hexdigest()} or packed.read(1):
                break
            yield value
            return
        digest.update(raw)
        counted += 1
        yield value
    raise IntegrityFailure("the copy is damaged, or not all there")


def _parsed(raw: bytes) -> dict[str, Any]:
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise IntegrityFailure("the copy is damaged")
    return value


def _refuse_what_is_there(engine: Engine) -> None:
    """Raise `Conflict` unless the database holds nothing but what its set-up puts there."""
    found = _reflected(engine)
    with reading(engine, "the database can't be read") as connection:
        for table in found.values():
            there = connection.execute(select(table).limit(1)).first()
            begun = table.name == "log_head" and there is not None and there.size == 0
            if there is not None and not begun:
                raise Conflict("there is something in this database already: a copy goes into an empty one")


def _empty(connection: Connection) -> None:
    connection.execute(text("DELETE FROM log_head"))


def _load(connection: Connection, lines: Iterable[dict[str, Any]]) -> Copied:
    tables, waiting, counted = _reflected(connection), list[dict[str, Any]](), Counter[str]()
    last, end = "", {}
    for line in lines:
        if "sha256" in line:
            end = line
            break
        table, row = line.get("table"), line.get("row")
        if table not in tables or not isinstance(row, dict):
            raise IntegrityFailure("the copy has a row of a table that there isn't")
        if table != last or len(waiting) >= _AT_ONCE:
            _insert(connection, tables, last, waiting)
            last, waiting = table, []
        waiting.append(_restored(tables[table], row))
        counted[table] += 1
    _insert(connection, tables, last, waiting)
    return Copied(end["rows"], end["sha256"])


def _insert(connection: Connection, tables: dict[str, Table], name: str, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(tables[name]), rows)


def _restored(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    if set(row) != set(table.c.keys()):
        raise IntegrityFailure(f"the copy has other columns than {table.name}")
    return {
        name: base64.b64decode(value) if isinstance(table.c[name].type, LargeBinary) else value
        for name, value in row.items()
    }


def _reflected(where: Engine | Connection) -> dict[str, Table]:
    found = MetaData()
    with unreachable("the database can't be read"):
        found.reflect(where)
    return {table.name: table for table in found.sorted_tables if table.name not in {_REVISION, _LEFT_OUT}}


def _set(connection: Connection, marks: dict[str, str]) -> None:
    for name, value in marks.items():
        connection.execute(text("DELETE FROM mark WHERE name = :name"), {"name": name})
        connection.execute(
            text("INSERT INTO mark (name, value) VALUES (:name, :value)"), {"name": name, "value": value}
        )
