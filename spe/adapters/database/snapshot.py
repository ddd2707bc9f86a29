"""The whole database as it was at one instant, read only: what the log is compared with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

from sqlalchemy import URL, Connection, Select, Table, create_engine, func, select
from sqlalchemy.engine import make_url

from spe.adapters.database.engine import connect_arguments, database_url, unreachable
from spe.adapters.database.tables import (
    ANSWER,
    CHECKPOINT,
    COSIGNATURE,
    HEAD,
    LOG,
    MARK,
    OUTBOX,
    TABLES,
    TILE,
)
from spe.audit.tiles import Tile
from spe.errors import Unreachable
from spe.oversight.reconcile_answers import AnswerRow
from spe.oversight.reconcile_facts import FactRow
from spe.oversight.reconcile_rows import Row

_PAGE = 1000


@contextmanager
def snapshot(url: str) -> Iterator[Snapshot]:
    """Yield the database in one read transaction; nothing can be written through it."""
    where = _read_only(url)
    engine = create_engine(where, hide_parameters=True, connect_args=connect_arguments(where))
    sqlite = engine.dialect.name == "sqlite"
    try:
        with unreachable("the database can't be read"), engine.connect() as plain:
            level = {} if sqlite else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            connection = plain.execution_options(**level)
            if sqlite:
                connection.exec_driver_sql("BEGIN")
            yield Snapshot(connection)
    finally:
        engine.dispose()


class Snapshot:
    """Reads page by page, in constant memory."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._digest = sha256()
        connection.execute(select(HEAD)).all()

    @property
    def connection(self) -> Connection:
        """Return the transaction that everything is read in."""
        return self._connection

    def entries(self) -> Iterator[tuple[int, bytes]]:
        """Walk every entry."""
        after = -1
        query = select(LOG).order_by(LOG.c.index).limit(_PAGE)
        while page := self._connection.execute(query.where(LOG.c.index > after)).all():
            yield from ((int(row[0]), _bytes(row[1])) for row in page)
            after = page[-1][0]

    def rows(self) -> Iterator[Row]:
        """Walk every record of every kind."""
        for table in sorted(TABLES.values(), key=lambda one: one.name):
            for row in self._each(table):
                self._digest.update(f"{table.name}\n{row['id']}\n{row['version']}\n{row['body']}\n".encode())
                yield _row(table, row)

    def digest(self) -> str:
        """Return the SHA-256 of the records that were walked."""
        return self._digest.hexdigest()

    def facts(self) -> Iterator[FactRow]:
        """Walk the outbox."""
        for row in self._each(OUTBOX):
            texts = {name: _text(row[name]) for name in ("id", "kind", "about", "data", "salt")}
            yield FactRow(**texts, at=_whole(row["at"]), handled=_whole(row["handled"]))

    def answers(self) -> Iterator[AnswerRow]:
        """Walk the answered calls."""
        for row in self._each(ANSWER, "key"):
            answer = _object(row["answer"])
            index = answer.get("index")
            yield AnswerRow(_text(row["key"]), str(answer.get("id")), _whole(index))

    def head(self) -> tuple[int, bytes]:
        """Return the head row: size and subtree roots; no row says no entries."""
        found = self._connection.execute(select(HEAD.c.size, HEAD.c.range)).all()
        return (_whole(found[0][0]), _bytes(found[0][1])) if len(found) == 1 else (-1, b"")

    def checkpoints(self) -> Iterator[tuple[int, str]]:
        """Walk the signed checkpoints in the order of their sizes."""
        after = -(2**63)
        query = select(CHECKPOINT).order_by(CHECKPOINT.c.size).limit(_PAGE)
        while page := self._connection.execute(query.where(CHECKPOINT.c.size > after)).all():
            yield from ((int(row.size), _text(row.note)) for row in page)
            after = page[-1].size

    def tile(self, level: int, number: int) -> Tile | None:
        """Return a stored tile."""
        query = select(TILE).where(TILE.c.level == level, TILE.c.number == number)
        row = self._connection.execute(query).one_or_none()
        return Tile(row.level, row.number, _bytes(row.root), _bytes(row.hashes)) if row else None

    def tiles(self) -> int:
        """Return how many tiles are stored."""
        return self._connection.execute(select(func.count()).select_from(TILE)).scalar_one()

    def cosignatures(self) -> Iterator[tuple[int, str, str]]:
        """Walk the cosignatures: size, witness and signature line."""
        query = select(COSIGNATURE).order_by(COSIGNATURE.c.size, COSIGNATURE.c.witness)
        for row in self._connection.execute(query):
            yield _whole(row.size), _text(row.witness), _text(row.line)

    def marks(self) -> dict[str, str]:
        """Return the installation's marks."""
        return {row.name: row.value for row in self._connection.execute(select(MARK))}

    def _each(self, table: Table, key: str = "id") -> Iterator[dict[str, Any]]:
        column, after = table.c[key], ""
        query: Select[Any] = select(table).order_by(column).limit(_PAGE)
        while page := self._connection.execute(query.where(column > after)).mappings().all():
            yield from (dict(row) for row in page)
            after = page[-1][key]


def _read_only(url: str) -> URL:
    parsed = database_url(url)
    if parsed.get_backend_name() != "sqlite":
        return parsed
    if not parsed.database:
        raise Unreachable("a database in memory can't be read by another process")
    return make_url(f"sqlite:///file:{parsed.database}?mode=ro&uri=true")


def _row(table: Table, row: dict[str, Any]) -> Row:
    body = _object(row["body"])
    columns = set(table.c.keys()) - {"version", "body", "salt"}
    misfits = sorted(name for name in columns if body.get(name) != row[name])
    id_, salt, text = (_text(row[name]) for name in ("id", "salt", "body"))
    return Row(table.name, id_, _whole(row["version"]), salt, text, tuple(misfits))


def _text(value: object) -> str:
    """Return a stored text; SQLite keeps anything anywhere, and then it is none that was written here."""
    return value if isinstance(value, str) else "\ufffd"


def _whole(value: object) -> int:
    return value if type(value) is int else -1


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else b""


def _object(text: object) -> dict[str, Any]:
    try:
        found = json.loads(_text(text))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
