"""Opening the database, writing to it in one transaction, and bringing its tables up to date."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

__all__ = ["Engine", "migrate", "open_database"]

from spe.errors import Unreachable


def open_database(url: str) -> Engine:
    """Return an engine for `url`; SQLite is made durable (WAL, synchronous=FULL) and waits for other writers.

    What was bound to a statement never shows in its errors: it may be about a person.
    """
    engine = create_engine(url, poolclass=QueuePool, pool_size=16, max_overflow=32, hide_parameters=True)
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


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Yield a connection whose transaction holds the write lock, and commit it at the end.

    Whatever fails in it, the commit too, undoes all of it; that connection is never used again, because what the
    operating system holds of a failed sync is unknown.
    """
    with engine.connect() as connection:
        by_hand = engine.dialect.name == "sqlite"
        try:
            if by_hand:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            if by_hand:
                connection.exec_driver_sql("COMMIT")
            connection.commit()
        except BaseException:
            connection.invalidate()
            raise


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
