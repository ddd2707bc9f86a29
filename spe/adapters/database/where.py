"""Where a database lives: what becomes another when it was restored from a copy, moved, or set back to an earlier time."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, text

from spe.adapters.database.engine import reading
from spe.errors import Unreachable

# A server that was set back to an earlier time, or took over from another, is on a new timeline.
_PLACE = text(
    """
    SELECT (SELECT system_identifier FROM pg_control_system())::text || '/' || oid || '/'
        || (SELECT timeline_id FROM pg_control_checkpoint())
    FROM pg_database WHERE datname = current_database()
    """
)


def place_of(engine: Engine) -> str:
    """Return where the database lives: cluster, database and timeline, or the file."""
    if engine.dialect.name == "postgresql":
        with reading(engine, "the database can't be read") as connection:
            return str(connection.scalar(_PLACE))
    if not engine.url.database:
        return "memory"
    try:
        file = Path(engine.url.database).stat()
    except OSError as cause:
        raise Unreachable(f"the database's file can't be found: {cause.strerror}") from cause
    return f"{file.st_dev}:{file.st_ino}"
