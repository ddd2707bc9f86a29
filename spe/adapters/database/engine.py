"""Opening the database, writing to it in one transaction, and bringing its tables up to date."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Any, Protocol

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import URL, Connection, Engine, create_engine, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from spe.adapters.database import postgresql, sqlite
from spe.adapters.database.failing import Latch, ReadOnly
from spe.errors import Malformed, Unreachable

__all__ = ["PLACE", "Engine", "ReadOnly", "migrate", "open_database"]
# The mark that says where the database was compared with its log: a start anywhere else compares it.
PLACE = "place"
_LATCH = "spe_latch"


class Kind(Protocol):
    """What differs from one database to the other."""

    def dress(self, engine: Engine) -> None:
        """Have every connection be as it must."""
        ...

    def wait(self, connection: Connection, milliseconds: int) -> None:
        """Have this connection wait so long for locks, and no longer."""
        ...

    def begin(self, connection: Connection) -> None:
        """Begin a transaction that holds the write lock."""
        ...

    def commit(self, connection: Connection) -> None:
        """Commit it; `NotKnownYet` where it isn't known whether that happened."""
        ...

    def spoils(self, cause: BaseException) -> bool:
        """Say whether after `cause` nothing may be written any more."""
        ...


_DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg"}
_ERRORS = (SQLAlchemyError, sqlite.Error, postgresql.Error)
_KINDS: dict[str, Kind] = {"sqlite": sqlite, "postgresql": postgresql}


def open_database(url: str) -> Engine:
    """Return an engine for `url`, of SQLite or PostgreSQL, whose every commit is durable before it is answered.

    What is deleted or replaced on SQLite is overwritten where it stood; what it moved before may have left a copy
    (`rewrite`). `Malformed` for another database, or one that would be reached unprotected. What was bound to a
    statement never shows in its errors: it may be about a person.
    """
    parsed = database_url(url)
    engine = create_engine(
        parsed,
        poolclass=QueuePool,
        pool_size=16,
        max_overflow=32,
        hide_parameters=True,
        execution_options={_LATCH: Latch()},
        connect_args=connect_arguments(parsed),
    )
    _KINDS[engine.dialect.name].dress(engine)
    return engine


def database_url(text: str) -> URL:
    """Return the URL, its driver filled in; `Malformed` where it is none, or of another database."""
    try:
        url = make_url(text)
        kind = url.get_backend_name()
    except (ArgumentError, ValueError):
        raise Malformed("the database's URL can't be read") from None
    if kind not in _KINDS:
        raise Malformed("the database must be SQLite or PostgreSQL")
    return url.set(drivername=_DRIVERS[kind])


def connect_arguments(url: URL) -> dict[str, Any]:
    """Return how to connect; `Malformed` where that would go over a network unprotected."""
    return postgresql.arguments(url) if url.get_backend_name() == "postgresql" else {}


def migrate(engine: Engine, revision: str = "head") -> None:
    """Bring the tables to `revision`, all of the way or not at all; running it again changes nothing.

    `Unreachable` where this program doesn't know that revision, or the one that the tables have.
    """
    with unreachable("the database can't be set up"), writing(engine) as connection:
        try:
            command.upgrade(_alembic(connection), revision)
        except CommandError as cause:
            raise Unreachable("the tables are of a version that this program doesn't know") from cause


def is_current(engine: Engine) -> bool:
    """Say whether the tables are those of the newest revision."""
    with reading(engine, "the database can't be read") as connection:
        newest = ScriptDirectory.from_config(_alembic(connection)).get_current_head()
        return MigrationContext.configure(connection).get_current_revision() == newest


def downgrade(engine: Engine, revision: str) -> None:
    """Bring the tables back to `revision` ("base": none at all), all of the way or not at all.

    What older tables have no room for is lost, so the next start compares as if the database had been restored.
    """
    with unreachable("the database can't be set back"), writing(engine) as connection:
        command.downgrade(_alembic(connection), revision)
        if inspect(connection).has_table("mark"):
            connection.execute(text("DELETE FROM mark WHERE name = :name"), {"name": PLACE})


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Yield a connection whose transaction holds the write lock, and commit it at the end.

    Whatever fails in it undoes all of it, and that connection is never used again. Where the commit itself fails,
    `NotKnownYet`, but where it is known not to have happened. On SQLite nothing is written through this engine any
    more (`ReadOnly`) after that, nor after a sync that failed before the commit.
    """
    latch: Latch = engine.get_execution_options()[_LATCH]
    latch.check()
    kind = _KINDS[engine.dialect.name]
    with engine.connect() as connection:
        try:
            kind.begin(connection)
            yield connection
            kind.commit(connection)
        except BaseException as cause:
            connection.invalidate()
            if kind.spoils(cause):
                latch.engage()
            raise


def free_within(engine: Engine, milliseconds: int) -> bool:
    """Say whether the write lock can be had within that time."""
    kind = _KINDS[engine.dialect.name]
    with engine.connect() as connection:
        try:
            kind.wait(connection, milliseconds)
            kind.begin(connection)
        except _ERRORS:
            return False
        finally:
            connection.invalidate()
    return True


@contextmanager
def reading(engine: Engine, message: str) -> Iterator[Connection]:
    """Yield a connection each of whose statements sees what is committed by then; `Unreachable` with `message`."""
    with unreachable(message), engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="AUTOCOMMIT")
        yield connection


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
            sqlite.rewrite(connection)
        except SQLAlchemyError as cause:
            if sqlite.spoils(cause):
                latch.engage()
            raise


@contextmanager
def unreachable(message: str) -> Iterator[None]:
    """Turn what the database raises into `Unreachable`."""
    try:
        yield
    except _ERRORS as cause:
        raise Unreachable(message) from cause


def _alembic(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("spe.adapters.database") / "migrations"))
    config.attributes["connection"] = connection
    return config
