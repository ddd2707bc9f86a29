"""SQLite: durable connections, the write lock, and what a failed commit says of itself."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from sqlite3 import Error
from typing import Any

from sqlalchemy import Connection, Engine, event

from spe.adapters.database.failing import FailedSync
from spe.errors import NotKnownYet, Unreachable

__all__ = ["Error", "begin", "commit", "dress", "rewrite", "spoils", "wait"]
_MILLISECONDS = 10_000
# Others can't write while it waits for those who read.
_MILLISECONDS_FOR_REWRITING = 300
_SETTLED = "spe_settled"
_PART = 1 << 20
_REFUSED_WRITES = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE})
_FAILED_SYNCS = frozenset({sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC})


def dress(engine: Engine) -> None:
    """Have every connection write ahead and sync (WAL, synchronous=FULL), and wait for other writers."""
    event.listen(engine, "connect", _durable)


def wait(connection: Connection, milliseconds: int) -> None:
    """Have this connection wait so long for locks, and no longer."""
    _run(connection, f"PRAGMA busy_timeout={milliseconds}")


def begin(connection: Connection) -> None:
    """Take the write lock, which is the transaction's."""
    # SQLAlchemy's own transaction, though the driver runs the statement.
    connection.begin()
    _run(connection, "BEGIN IMMEDIATE")
    _settle(connection)


def commit(connection: Connection) -> None:
    """Commit; `NotKnownYet` where that failed, but where the disk refused to take it, as a full one does."""
    try:
        _run(connection, "COMMIT")
        connection.commit()
    except Exception as cause:
        if _error_code(cause) in _REFUSED_WRITES:  # so the sync after it was never tried
            raise
        raise NotKnownYet(
            "a write failed: whether this was done shows once the log was opened anew"
        ) from cause


def spoils(cause: BaseException) -> bool:
    """Say whether a sync failed, so that nothing more may be written by this process."""
    return isinstance(cause, FailedSync | NotKnownYet) or _error_code(cause) in _FAILED_SYNCS


def rewrite(connection: Connection) -> None:
    """Write the file anew and empty the journal; `Unreachable` while somebody reads."""
    try:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={_MILLISECONDS_FOR_REWRITING}")
        connection.exec_driver_sql("VACUUM")
        busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={_MILLISECONDS}")
    if busy:
        raise Unreachable("the database is being read, so what was deleted may still be in its journal")


def _run(connection: Connection, statement: str) -> None:
    """Run it by the driver: SQLAlchemy takes several times as long for it as SQLite, while all others wait."""
    raw: Any = connection.connection.driver_connection
    raw.cursor().execute(statement)


def _settle(connection: Connection) -> None:
    """Make durable what this connection finds in the journal, before its first write builds on it.

    A process whose sync failed may have left a transaction there that the system shows and yet forgets when power
    fails: writing its pages again is what makes a sync of them mean something. The folder is synced as well, since
    SQLite passes over a failure of that. Nobody else writes the journal meanwhile: the write lock is ours.
    """
    database = connection.engine.url.database
    if not database or _SETTLED in connection.info:
        return
    journal = Path(f"{database}-wal")
    try:
        _write_again(journal)
    except OSError as cause:
        raise Unreachable("the log's journal can't be written, so nothing was done") from cause
    _sync(journal)
    _sync(journal.parent)
    connection.info[_SETTLED] = True


def _write_again(journal: Path) -> None:
    with journal.open("r+b", buffering=0) as file:
        at = 0
        while part := os.pread(file.fileno(), _PART, at):
            at += os.pwrite(file.fileno(), part, at)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    except OSError as cause:
        raise FailedSync("the log's journal can't be synced, so nothing was done") from cause
    finally:
        os.close(handle)


def _error_code(cause: BaseException) -> int | None:
    return getattr(getattr(cause, "orig", cause), "sqlite_errorcode", None)


def _durable(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={_MILLISECONDS}",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    (mode,) = cursor.execute("PRAGMA journal_mode=WAL").fetchone()
    cursor.close()
    if mode not in {"wal", "memory"}:
        raise Unreachable(f"the database can't keep a write-ahead journal, only {mode}")
