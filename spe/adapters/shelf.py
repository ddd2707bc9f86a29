"""The shelf in a temporary SQLite file that is gone when it is closed: memory stays bounded however long the log is."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence

_TABLE = "CREATE TABLE item (kind TEXT, key TEXT, at INTEGER, value TEXT, PRIMARY KEY (kind, key, at)) WITHOUT ROWID"


class TemporaryShelf:
    """`Shelf`; with an empty name SQLite keeps the file itself, and spills to disk only what its cache can't hold."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect("", isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=OFF")
        self._connection.execute("PRAGMA cache_size=-65536")
        self._connection.execute(_TABLE)
        # One transaction that never ends: nothing of it is to outlive the connection.
        self._connection.execute("BEGIN")

    def put(self, kind: str, key: str, at: int, value: str) -> None:
        """Keep a value, replacing the one at the same number."""
        self._connection.execute("INSERT OR REPLACE INTO item VALUES (?, ?, ?, ?)", (kind, key, at, value))

    def each(self, kind: str, key: str) -> Sequence[tuple[int, str]]:
        """Return the values of a key in the order of their numbers."""
        query = "SELECT at, value FROM item WHERE kind = ? AND key = ? ORDER BY at"
        return self._connection.execute(query, (kind, key)).fetchall()

    def drop(self, kind: str, key: str, at: int | None = None) -> None:
        """Forget one value, or all values of a key."""
        if at is None:
            self._connection.execute("DELETE FROM item WHERE kind = ? AND key = ?", (kind, key))
        else:
            self._connection.execute(
                "DELETE FROM item WHERE kind = ? AND key = ? AND at = ?", (kind, key, at)
            )

    def rest(self, kind: str) -> Iterator[tuple[str, int, str]]:
        """Walk everything of a kind that is left, as key, number and value."""
        yield from self._connection.execute("SELECT key, at, value FROM item WHERE kind = ?", (kind,))

    def close(self) -> None:
        """Let go of all of it."""
        self._connection.close()
