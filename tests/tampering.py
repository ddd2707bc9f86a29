"""Whoever has SQLite's file can do all with it, and drops what would refuse that first."""

from __future__ import annotations

import sqlite3

from sqlalchemy import Connection

_GUARDS = "SELECT name FROM sqlite_master WHERE type = 'trigger'"


def unguard(connection: Connection | sqlite3.Connection) -> None:
    """Drop every trigger."""
    run = connection.exec_driver_sql if isinstance(connection, Connection) else connection.execute
    for (name,) in run(_GUARDS).fetchall():
        run(f"DROP TRIGGER {name}")
