"""An installation's log opened alone, for what is done to the log itself: no policy, no vault, no sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from spe.adapters.database.committer import DatabaseCommitter
from spe.adapters.database.engine import Engine, open_database
from spe.adapters.database.log import DatabaseLog
from spe.adapters.identities import KeyedIdentities
from spe.errors import Unreachable
from spe.wiring.home import Home
from spe.wiring.process import Settings
from spe.wiring.reconcile import NoSubjects


@dataclass(frozen=True, slots=True)
class Logbook:
    """The log, what appends to it, and the home that its keys are in."""

    home: Home
    engine: Engine
    log: DatabaseLog
    writer: DatabaseCommitter
    origin: str


@contextmanager
def opened_logbook(settings: Settings) -> Iterator[Logbook]:
    """Open the log of the installation in `settings.home`, and keep every process from starting meanwhile."""
    home = Home(settings.home)
    if not settings.home.is_dir():
        raise Unreachable(f"there is no installation in {settings.home}")
    with home.alone(), ExitStack() as closing:
        engine = open_database(settings.database)
        closing.callback(engine.dispose)
        identities = KeyedIdentities(home.master("staff"), NoSubjects())
        writer = DatabaseCommitter(engine, identities, patience=settings.log_milliseconds / 1000)
        closing.callback(writer.close)
        yield Logbook(home, engine, DatabaseLog(engine), writer, settings.origin)
