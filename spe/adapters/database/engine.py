"""Opening the database and bringing its tables up to date."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import QueuePool


def open_database(url: str) -> Engine:
    """Return an engine for `url`; SQLite is made durable (WAL, synchronous=FULL) and waits for other writers."""
    engine = create_engine(url, poolclass=QueuePool, pool_size=16, max_overflow=32)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _durable)
    return engine


def migrate(engine: Engine) -> None:
    """Bring the tables to the newest revision; running it again changes nothing."""
    config = Config()
    config.set_main_option("script_location", str(files("spe.adapters.database") / "migrations"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _durable(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
