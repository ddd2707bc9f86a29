"""Opening the database, writing to it in one transaction, and bringing its tables up to date."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

from spe.errors import Unreachable

__all__ = ["Engine", "migrate", "open_database"]
_LATCH = "spe_latch"
_MILLISECONDS = 10_000
# Others can't write while it waits for those who read.
_MILLISECONDS_FOR_REWRITING = 300
_SETTLED = "spe_settled"
_PART = 1 << 20
_REFUSED_WRITES = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE})
_FAILED_SYNCS = frozenset({sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_DIR_FSYNC})


def open_database(url: str) -> Engine:
    """Return an engine for `url`; SQLite is made durable (WAL, synchronous=FULL) and waits for other writers.

    What is deleted or replaced is overwritten where it stood; what SQLite moved before may have left a copy (`rewrite`).

    What was bound to a statement never shows in its errors: it may be about a person.
    """
    engine = create_engine(
        url,
        poolclass=QueuePool,
        pool_size=16,
        max_overflow=32,
        hide_parameters=True,
        execution_options={_LATCH: Latch()},
    )
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _durable)
    return engine


def migrate(engine: Engine, revision: str = "head") -> None:
    """Bring the tables to `revision`, all of the way or not at all; running it again changes nothing."""
    with unreachable("the database can't be set up"), writing(engine) as connection:
        command.upgrade(_alembic(connection), revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Bring the tables back to `revision` ("base": none at all), all of the way or not at all."""
    with unreachable("the database can't be set back"), writing(engine) as connection:
        command.downgrade(_alembic(connection), revision)


class NotKnownYet(Unreachable):
    """It was being written when the disk failed or hung: whether it is there shows in the log once it answers again."""

    title = "It is not known yet whether this was done"


class ReadOnly(Unreachable):
    """A sync failed before, so this process writes nothing any more."""

    title = "The log is read-only"


class Latch:
    """Remembers that a sync failed: what the system then holds of the file is unknown, so a later success proves nothing."""

    def __init__(self) -> None:
        self._engaged = False

    def check(self) -> None:
        """Raise `ReadOnly` once it is engaged."""
        if self._engaged:
            raise ReadOnly("writing failed before, so nothing is written until the process was started anew")

    def engage(self) -> None:
        """Let nothing be written any more."""
        self._engaged = True


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Yield a connection whose transaction holds the write lock, and commit it at the end.

    Whatever fails in it undoes all of it, and that connection is never used again. Where the commit itself fails,
    `NotKnownYet`, and nothing is written through this engine any more (`ReadOnly`), but where the disk
    refused to take it, as a full one does: that commit is known not to have happened. A sync that fails before the
    commit ends writing as well.
    """
    latch: Latch = engine.get_execution_options()[_LATCH]
    latch.check()
    with engine.connect() as connection:
        by_hand = engine.dialect.name == "sqlite"
        try:
            if by_hand:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                _settle(connection)
            yield connection
            _commit(connection, latch, by_hand=by_hand)
        except BaseException as cause:
            connection.invalidate()
            if isinstance(cause, _FailedSyncError) or _error_code(cause) in _FAILED_SYNCS:
                latch.engage()
            raise


def rewrite(engine: Engine) -> None:
    """Write SQLite's file anew and empty its journal: nothing deleted stays in either. Elsewhere nothing happens.

    `secure_delete` is not enough: a row that was moved to another page before it was deleted stays where it was.
    Others' writes wait meanwhile, some seconds a gigabyte. `Unreachable` while somebody reads or the disk is full.
    """
    if engine.dialect.name != "sqlite":
        return
    latch: Latch = engine.get_execution_options()[_LATCH]
    with writing(engine):
        pass  # It settles the journal: what is written anew builds on it.
    with unreachable("the database can't be written anew just now"), engine.connect() as connection:
        try:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={_MILLISECONDS_FOR_REWRITING}")
            connection.exec_driver_sql("VACUUM")
            busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
        except SQLAlchemyError as cause:
            if _error_code(cause) in _FAILED_SYNCS:
                latch.engage()
            raise
        finally:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={_MILLISECONDS}")
    if busy:
        raise Unreachable("the database is being read, so what was deleted may still be in its journal")


class _FailedSyncError(Unreachable):
    """Our own sync failed."""


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
        raise _FailedSyncError("the log's journal can't be synced, so nothing was done") from cause
    finally:
        os.close(handle)


def _commit(connection: Connection, latch: Latch, *, by_hand: bool) -> None:
    try:
        if by_hand:
            connection.exec_driver_sql("COMMIT")
        connection.commit()
    except Exception as cause:
        if _is_whole_without(cause):
            raise
        latch.engage()
        raise NotKnownYet(
            "a write failed: whether this was done shows once the log was opened anew"
        ) from cause


def _is_whole_without(cause: BaseException) -> bool:
    """Say whether the commit surely did not happen: a write was refused, so the sync after it was never tried."""
    return _error_code(cause) in _REFUSED_WRITES


def _error_code(cause: BaseException) -> int | None:
    return getattr(getattr(cause, "orig", cause), "sqlite_errorcode", None)


@contextmanager
def unreachable(message: str) -> Iterator[None]:
    """Turn what the database raises into `Unreachable`."""
    try:
        yield
    except SQLAlchemyError as cause:
        raise Unreachable(message) from cause


def _alembic(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("spe.adapters.database") / "migrations"))
    config.attributes["connection"] = connection
    return config


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
