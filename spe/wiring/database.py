"""The installation's database: its tables brought up to date, its roles given their rights, and both held to at a start."""

from __future__ import annotations

from spe.adapters.database.engine import Engine, free_within, is_current, migrate, open_database
from spe.adapters.database.log import DatabaseLog
from spe.adapters.database.rights import Part, grant, refuse_too_much
from spe.errors import Malformed, SpeError, Unreachable
from spe.settings import Settings

_MOMENT = 500


def opened(settings: Settings) -> Engine:
    """Return the database as a process uses it, made where it is SQLite's file.

    PostgreSQL's tables belong to another role, so they are only looked at: `Unreachable` where they aren't the newest, or
    where the role that was given could change the log; a demo may run as their owner.
    """
    engine = open_database(settings.database)
    try:
        if engine.dialect.name == "sqlite":
            _make(engine)
        else:
            _look(engine, settings)
    except SpeError:
        engine.dispose()
        raise
    return engine


def bring_up(settings: Settings, api: str = "", worker: str = "") -> None:
    """Bring the tables up to date as their owner, and give the roles that are named their rights and no others."""
    roles = {part: role for part, role in ((Part.API, api), (Part.WORKER, worker)) if role}
    engine = open_database(settings.database)
    try:
        if roles and engine.dialect.name == "sqlite":
            raise Malformed("SQLite has no roles: whoever may write the file may write all of it")
        if api and api == worker:
            raise Malformed("API and worker need a role each")
        _make(engine)
        for part, role in roles.items():
            grant(engine, role, part)
    finally:
        engine.dispose()


def is_free(url: str) -> bool:
    """Say whether nobody holds the write lock for longer than a moment."""
    engine = open_database(url)
    try:
        return free_within(engine, _MOMENT)
    finally:
        engine.dispose()


def _make(engine: Engine) -> None:
    migrate(engine)
    DatabaseLog(engine).create()


def _look(engine: Engine, settings: Settings) -> None:
    if not is_current(engine):
        raise Unreachable(
            "the database's tables are not those of this version: `spe db migrate` brings them up"
        )
    if not settings.demo:
        refuse_too_much(engine)
