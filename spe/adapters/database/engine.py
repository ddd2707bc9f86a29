"""Opening the database, writing to it in one transaction, and bringing its tables up to date."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

from spe.errors import Unreachable

__all__ = ["Engine", "migrate", "open_database"]
_LATCH = "spe_latch"
_REFUSED_WRITES = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE})


def open_database(url: str) -> Engine:
    """Return an engine for `url`; SQLite is made durable (WAL, synchronous=FULL) and waits for other writers.

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
    refused to take it, as a full one does: that commit is known not to have happened.
    """
    latch: Latch = engine.get_execution_options()[_LATCH]
    latch.check()
    with engine.connect() as connection:
        by_hand = engine.dialect.name == "sqlite"
        try:
            if by_hand:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            _commit(connection, latch, by_hand=by_hand)
        except BaseException:
            connection.invalidate()
            raise


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
    original = getattr(cause, "orig", cause)
    return getattr(original, "sqlite_errorcode", None) in _REFUSED_WRITES


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
    for pragma in ("busy_timeout=10000", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
