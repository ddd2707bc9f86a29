"""A batch's statements in the driver's hands: SQLAlchemy writes each of them once, and the driver runs it.

To run one through SQLAlchemy takes many times as long as the database takes for it, all of it under Python's global lock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from itertools import islice
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Delete, Dialect, Insert, Select, Update

Row = dict[str, Any]
_AT_ONCE = 512


class Driver:
    """Runs statements inside the transaction that `connection` is in.

    It has to be closed: as long as a statement lives, so does the transaction, even where its connection is given up.
    """

    def __init__(self, connection: Connection) -> None:
        self._dialect = connection.dialect
        self._raw: Any = connection.connection.driver_connection
        self._cursor: Any = connection.connection.cursor()

    def close(self) -> None:
        """Let go of the last statement."""
        self._cursor.close()

    def first(self, query: Select[Any]) -> Sequence[Any] | None:
        """Return the first row that `query`, which takes no values, finds."""
        self._cursor.execute(_query(query, self._dialect, 0)[0])
        found: Sequence[Any] | None = self._cursor.fetchone()
        return found

    def among(self, query: Select[Any], keys: Iterable[str]) -> Iterator[Sequence[Any]]:
        """Yield what `query` finds for these keys, which are its one expanding parameter `keys`."""
        rest = iter(keys)
        while part := list(islice(rest, _AT_ONCE)):
            # Few lengths, so few statements: the last key may be asked for more than once.
            length = 1 << (len(part) - 1).bit_length()
            text, values = _query(query, self._dialect, length)
            self._cursor.execute(text, values(part + part[-1:] * (length - len(part))))
            yield from self._cursor.fetchall()

    def write(self, statement: Insert | Update | Delete, rows: Sequence[Row]) -> None:
        """Run `statement` for each of `rows`, which all have the same names."""
        text, values = _written(statement, self._dialect, tuple(rows[0]))
        if len(rows) == 1:
            self._cursor.execute(text, values(rows[0]))
        else:
            self._cursor.executemany(text, [values(row) for row in rows])

    def together(self) -> AbstractContextManager[Any]:
        """Return within which statements that nobody reads an answer of travel together, where there is a way to go."""
        return self._raw.pipeline() if self._dialect.name == "postgresql" else nullcontext()


@lru_cache(maxsize=256)
def _query(query: Select[Any], dialect: Dialect, length: int) -> tuple[str, Callable[[list[str]], Any]]:
    if not length:
        return str(query.compile(dialect=dialect, compile_kwargs={"literal_binds": True})), list
    expanded = query.compile(dialect=dialect).construct_expanded_state({"keys": [""] * length})
    if dialect.positional:
        return expanded.statement, list
    names = list(expanded.parameters)
    return expanded.statement, lambda keys: dict(zip(names, keys, strict=True))


@lru_cache(maxsize=256)
def _written(
    statement: Insert | Update | Delete, dialect: Dialect, names: tuple[str, ...]
) -> tuple[str, Callable[[Row], Any]]:
    compiled = statement.compile(dialect=dialect, column_keys=list(names))
    places = compiled.positiontup
    if not places:
        return str(compiled), dict
    # One name alone would be given bare.
    return str(compiled), itemgetter(*places) if len(places) != 1 else lambda row: (row[places[0]],)
