"""Hears every statement where the driver runs it; SQLAlchemy's own events tell only of those that it runs itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import psycopg
from sqlalchemy import Dialect, Engine, event

Hear = Callable[[str], object]
_HEARING: list[tuple[Dialect | None, Hear, Hear]] = []


class _Cursor(sqlite3.Cursor):
    connection: _Connection

    def execute(self, sql: str, /, *values: Any) -> Any:
        return self._heard(sql, super().execute, *values)

    def executemany(self, sql: str, values: Any, /) -> Any:
        return self._heard(sql, super().executemany, values)

    def _heard(self, sql: str, run: Callable[..., Any], *values: Any) -> Any:
        return _told(self.connection.dialect, sql, run, sql, *values)


class _Connection(sqlite3.Connection):
    dialect: Dialect | None = None

    def cursor(self, *_: Any) -> Any:
        return super().cursor(_Cursor)


class _PostgresCursor(psycopg.Cursor[Any]):
    def execute(self, query: Any, *values: Any, **more: Any) -> Any:
        return _told(_dialect(self), _plain(query), super().execute, query, *values, **more)

    def executemany(self, query: Any, *values: Any, **more: Any) -> Any:
        return _told(_dialect(self), _plain(query), super().executemany, query, *values, **more)


class _PostgresConnection(psycopg.Connection[Any]):
    dialect: ClassVar[Dialect | None] = None

    def commit(self) -> None:
        _told(self.dialect, "COMMIT", super().commit)


def _dialect(cursor: psycopg.Cursor[Any]) -> Dialect | None:
    found: Dialect | None = getattr(cursor.connection, "dialect", None)
    return found


def _plain(query: Any) -> str:
    return query.decode() if isinstance(query, bytes) else str(query)


def _told(dialect: Dialect | None, sql: str, run: Callable[..., Any], *values: Any, **more: Any) -> Any:
    hearing = [one for one in _HEARING if one[0] in {None, dialect}]
    for _, before, _ in hearing:
        before(sql)
    done = run(*values, **more)
    for _, _, after in hearing:
        after(sql)
    return done


def watch(connecting: Engine | type[Engine]) -> None:
    """Have connections made from now on, by an engine or by all, tell of their statements."""
    if not event.contains(connecting, "do_connect", _watched):
        event.listen(connecting, "do_connect", _watched)


def hear(before: Hear, after: Hear = lambda _: None, dialect: Dialect | None = None) -> None:
    """Call `before` and `after` with every statement; what they raise happens to the statement."""
    _HEARING.append((dialect, before, after))


@contextmanager
def heard(engine: Engine, before: Hear) -> Iterator[None]:
    """Call `before` with each statement that connections of `engine` run."""
    watch(engine)
    engine.dispose()
    engine.connect().close()
    hear(before, dialect=engine.dialect)
    try:
        yield
    finally:
        _HEARING[:] = [one for one in _HEARING if one[1] is not before]


def _watched(dialect: Dialect, _record: Any, arguments: Any, parameters: dict[str, Any]) -> Any:
    if dialect.name == "postgresql":
        kind: Any = type("Connection", (_PostgresConnection,), {"dialect": dialect})
        return kind.connect(*arguments, cursor_factory=_PostgresCursor, **parameters)

    def connect(*arguments: Any, **more: Any) -> _Connection:
        made = _Connection(*arguments, **more)
        made.dialect = dialect
        return made

    parameters["factory"] = connect
    return None
