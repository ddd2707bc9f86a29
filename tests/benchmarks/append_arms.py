"""The arms of the append benchmark: each writes the same rows, durably, from as many threads as call it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import create_engine, event, func, insert, select, text, update

from spe.adapters.database.committer import DatabaseCommitter
from spe.adapters.database.engine import Engine, migrate, open_database
from spe.adapters.database.log import DatabaseLog
from spe.adapters.database.tables import HEAD, LOG, OUTBOX, TABLES
from spe.adapters.identities import KeyedIdentities
from spe.adapters.subject_keys import SubjectKeyStore
from spe.audit.change import Change, Fact, Put
from spe.audit.merkle import CompactRange
from spe.consent.model import Ledger
from tests.fakes import BUNDLE
from tests.unit.adapters.database.place import entry

LEDGER = TABLES[Ledger]
_TAPED = 200


class Arm(Protocol):
    """Something that writes durably."""

    title: str

    def one(self) -> None:
        """Write one more, and return when it is durable."""
        ...

    def written(self) -> int:
        """Return how many there are."""
        ...


@dataclass(frozen=True, slots=True)
class Rows:
    """What one Change leaves: a record, an entry, a fact, and the head as it is then."""

    record: dict[str, Any]
    entry: dict[str, Any]
    fact: dict[str, Any]
    head: dict[str, Any]


class Ours:
    """The committer of an installation, with keyed identities."""

    title = "our committer"

    def __init__(self, folder: Path, _like: Rows | None = None, url: str = "") -> None:
        self.engine = _made(folder, url)
        self.log = DatabaseLog(self.engine)
        self.log.set_mark("bundle", BUNDLE)
        subjects = SubjectKeyStore(folder / "keys.db", bytes(32))
        self.committer = DatabaseCommitter(self.engine, KeyedIdentities(bytes(32), subjects))
        self._numbers = count()

    def one(self) -> None:
        id_ = f"h-{next(self._numbers):09d}"
        put, fact = Put(Ledger(id_, 1), 0), Fact("k", id_, {"n": 1})
        self.committer.commit(Change(entries=(entry(id_),), puts=(put,), facts=(fact,), bundle=BUNDLE))

    def written(self) -> int:
        size = self.log.head().size
        assert _counted(self.engine) == {size}
        return size


class ByHand:
    """Ready rows, inserted as one would by hand with SQLAlchemy Core: no check, no encoding, no queue."""

    title = "hand-written Core insert"

    def __init__(self, folder: Path, like: Rows, url: str = "") -> None:
        _made(folder, url).dispose()
        self.engine = create_engine(url or f"sqlite:///{folder}/spe.db")
        if not url:
            event.listen(self.engine, "connect", _durable)
        self._lock = threading.Lock()
        self._rows = _more(like)

    def one(self) -> None:
        with self._lock:
            self.insert(next(self._rows))

    def insert(self, rows: Rows) -> None:
        with self.engine.begin() as connection:
            connection.execute(insert(LEDGER), rows.record)
            connection.execute(insert(LOG), rows.entry)
            connection.execute(insert(OUTBOX), rows.fact)
            connection.execute(update(HEAD), rows.head)

    def written(self) -> int:
        return max(_counted(self.engine))


class Synced:
    """A file to which the entries alone are appended, each synced: what the disk gives without any index."""

    title = "file and fdatasync"

    def __init__(self, folder: Path, like: Rows) -> None:
        folder.mkdir(parents=True)
        self._file = (folder / "entries").open("ab", buffering=0)
        self._entry = like.entry["entry"]
        self._lock = threading.Lock()

    def one(self) -> None:
        with self._lock:
            self._file.write(self._entry)
            os.fdatasync(self._file.fileno())

    def written(self) -> int:
        return self._file.tell() // len(self._entry)


def taped(folder: Path, urls: tuple[str, str] = ("", "")) -> Rows:
    """Write Changes with our committer and the same rows by hand, hold the two databases to be equal; return a row of each."""
    ours = Ours(folder / "ours", url=urls[0])
    for _ in range(_TAPED):
        ours.one()
    tape = list(_tape(ours.engine))
    hand = ByHand(folder / "hand", tape[0], urls[1])
    for rows in tape:
        hand.insert(rows)
    assert _all_of(ours.engine) == _all_of(hand.engine)
    assert _modes(ours.engine) == _modes(hand.engine) == (("on", "on") if urls[0] else ("wal", 2))
    return tape[-1]


def _tape(engine: Engine) -> Iterator[Rows]:
    records, entries, facts, _ = _all_of(engine)
    grown = CompactRange()
    for record, one, fact in zip(records, entries, facts, strict=True):
        grown = grown.append_entry(one["entry"])
        yield Rows(record, one, fact, {"size": grown.size, "range": grown.serialise()})


def _more(like: Rows) -> Iterator[Rows]:
    """Yield rows like these without end."""
    for at in count():
        id_ = f"h-{at:09d}"
        yield Rows(
            {**like.record, "id": id_},
            {**like.entry, "index": at},
            {**like.fact, "id": f"fact-{at:020x}", "about": id_},
            {**like.head, "size": at + 1},
        )


def _made(folder: Path, url: str = "") -> Engine:
    folder.mkdir(parents=True)
    engine = open_database(url or f"sqlite:///{folder}/spe.db")
    migrate(engine)
    DatabaseLog(engine).create()
    return engine


def _durable(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")


def _all_of(engine: Engine) -> list[list[dict[str, Any]]]:
    with engine.connect() as connection:
        return [
            [row._asdict() for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in (LEDGER, LOG, OUTBOX, HEAD)
        ]


def _counted(engine: Engine) -> set[int]:
    with engine.connect() as connection:
        counts = (select(func.count()).select_from(table) for table in (LEDGER, LOG, OUTBOX))
        return {connection.execute(query).scalar_one() for query in counts}


def _modes(engine: Engine) -> tuple[object, ...]:
    names = ("PRAGMA journal_mode", "PRAGMA synchronous")
    if engine.dialect.name == "postgresql":
        names = ("SHOW synchronous_commit", "SHOW fsync")
    with engine.connect() as connection:
        return tuple(connection.execute(text(name)).scalar() for name in names)
