"""An installation of its own for each test, and Changes in few words."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Engine

from spe.adapters.database.committer import DatabaseCommitter
from spe.adapters.database.engine import migrate, open_database, writing
from spe.adapters.database.log import DatabaseLog
from spe.adapters.database.records import DatabaseRecords
from spe.audit.change import Change, Entry, Put, Who
from spe.audit.events import StaffRef, SubjectRef
from spe.audit.events.request import RequestWithdrawn
from spe.consent.model import Ledger
from spe.errors import SpeError
from tests.fakes import BUNDLE

T = TypeVar("T")
WHO = Who(StaffRef("anna.ricci"), "uni-bologna", "data_user")
AT = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


class Plain:
    """Identities that hide nobody."""

    def seal_staff(self, staff: StaffRef) -> str:
        return str(staff)

    def digest_subject(self, subject: SubjectRef, nonce: str) -> str:
        return f"{subject}{nonce}"

    def digest_record(self, table: str, id_: str) -> str:
        return f"{table}/{id_}"


@dataclass(frozen=True, slots=True)
class Installed:
    engine: Engine
    log: DatabaseLog
    records: DatabaseRecords
    committer: DatabaseCommitter

    def ledger(self, id_: str) -> tuple[int, int] | None:
        """Return the ledger's epoch and version."""
        stored = self.records.get(Ledger, id_)
        return (stored.value.epoch, stored.version) if stored else None


@contextmanager
def installed(folder: Path, url: str = "", **patience: float) -> Iterator[Installed]:
    """Yield an installation in the database at `url`, SQLite in `folder` where there is none."""
    engine = open_database(url or f"sqlite:///{folder}/spe.db")
    migrate(engine)
    log = DatabaseLog(engine)
    log.create()
    log.set_mark("bundle", BUNDLE)
    committer = DatabaseCommitter(engine, Plain(), **patience)
    try:
        yield Installed(engine, log, DatabaseRecords(engine), committer)
    finally:
        committer.close()
        engine.dispose()


def entry(id_: str = "req-1") -> Entry:
    return Entry(WHO, RequestWithdrawn(id_), AT)


def change(*puts: Put, **more: Any) -> Change:
    return Change(**{"entries": (entry(),), "puts": puts, **more})


def ledger(id_: str, expects: int = 0) -> Put:
    """Put the ledger `id_`, its epoch one more than the version it follows."""
    return Put(Ledger(id_, expects + 1), expects)


def together(here: Installed, *acts: Callable[[], T]) -> list[Future[T]]:
    """Do `acts` in threads, in this order, while another writer holds the lock: they end up in one transaction."""
    futures: list[Future[T]] = [Future() for _ in acts]

    def run(act: Callable[[], T], future: Future[T]) -> None:
        try:
            future.set_result(act())
        except SpeError as error:
            future.set_exception(error)

    threads = [threading.Thread(target=run, args=pair) for pair in zip(acts, futures, strict=True)]
    with writing(here.engine):
        for thread in threads:
            thread.start()
            time.sleep(0.02)
    for thread in threads:
        thread.join()
    return futures
