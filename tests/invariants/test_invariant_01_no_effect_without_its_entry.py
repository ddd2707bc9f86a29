"""No effect without its entry: they commit together; a denial and a reading are in the log before anybody hears of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from spe.adapters.database import batch
from spe.adapters.database.committer import DatabaseCommitter
from spe.adapters.database.engine import migrate, open_database
from spe.adapters.database.log import DatabaseLog
from spe.adapters.database.records import DatabaseRecords
from spe.adapters.identities import KeyedIdentities
from spe.adapters.subject_keys import SubjectKeyStore
from spe.audit.change import Change, Who
from spe.audit.events import Event
from spe.audit.events.record import RecordSeen
from spe.errors import Denied, Reason, SpeError, Unreachable
from spe.policy.enforce import Enforcer
from spe.request.model import AccessRequest, Application
from spe.request.service import RequestDesk
from spe.values import from_data
from tests.builders import application, patients
from tests.fakes import BUNDLE, FakePoint, FixedClock, someone


@dataclass(frozen=True, slots=True)
class Desk:
    """The desk of requests over a real database, whose log can be taken away."""

    engine: Engine
    log: DatabaseLog
    committer: DatabaseCommitter
    point: FakePoint
    desk: RequestDesk

    def types(self) -> list[str]:
        return [json.loads(entry)["type"] for _, entry in self.log.entries()]

    def requests(self) -> int:
        return len(self.desk.pep.records.find(AccessRequest))

    def without_log(self) -> None:
        with self.engine.begin() as connection:
            connection.execute(
                text("CREATE TRIGGER full BEFORE INSERT ON log_entry BEGIN SELECT RAISE(ABORT, 'full'); END")
            )


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Desk]:
    engine = open_database(f"sqlite:///{tmp_path / 'spe.db'}")
    migrate(engine)
    log = DatabaseLog(engine)
    log.create()
    log.set_mark("bundle", BUNDLE)
    committer = DatabaseCommitter(
        engine, KeyedIdentities(b"s" * 32, SubjectKeyStore(tmp_path / "keys.db", b"m" * 32))
    )
    point = FakePoint()
    yield Desk(
        engine,
        log,
        committer,
        point,
        RequestDesk(Enforcer(DatabaseRecords(engine), point, committer, FixedClock())),
    )
    committer.close()
    engine.dispose()


def holds(desk: Desk) -> None:
    """Submit, be refused, read, and submit while the log can't be written: what happened is what the log says."""
    person, draft = someone(), from_data(Application, application(patients(size=1)))
    done = desk.desk.submit(person, draft)
    assert desk.types() == ["request.submitted"], "an effect is not in the log"
    assert (done.index, desk.requests()) == (0, 1)

    desk.point.refusing["request.submit"] = (Reason("incomplete"),)
    with pytest.raises(Denied):
        desk.desk.submit(person, draft)
    assert desk.types()[1:] == ["policy.refused"], "a denial is not in the log"
    assert desk.requests() == 1, "a denied effect happened"
    desk.point.refusing.clear()

    assert desk.desk.show(person, done.id).id == done.id
    assert desk.types()[2:] == ["record.read"], "a reading is not in the log"

    desk.without_log()
    heard = _raised(lambda: desk.desk.submit(person, draft))
    assert isinstance(heard, Unreachable), "success was told while the log could not be written"
    assert desk.requests() == 1, "an effect happened while the log could not be written"
    assert isinstance(_raised(lambda: desk.desk.show(person, done.id)), Unreachable), (
        "read while it could not be logged"
    )


def test_what_happened_is_what_the_log_says(opened: Desk) -> None:
    holds(opened)


def _drop_entries(patch: pytest.MonkeyPatch) -> None:
    """The database writes the effect and leaves the entry out."""
    patch.setattr(batch.Batch, "flush", _flushed_without_log(batch.Batch.flush))


def _flushed_without_log(real: Callable[[batch.Batch], None]) -> Callable[[batch.Batch], None]:
    def flush(self: batch.Batch) -> None:
        self._log.clear()
        real(self)

    return flush


def _forget_denials(patch: pytest.MonkeyPatch) -> None:
    """A denial is raised without being committed first."""
    patch.setattr(Enforcer, "_refuse", lambda *_: None)


def _forget_readings(patch: pytest.MonkeyPatch) -> None:
    """A record is shown without its entry."""
    real = Enforcer.note

    def note(self: Enforcer, who: Who, event: Event, bundle: str | None = None) -> int:
        return 0 if isinstance(event, RecordSeen) else real(self, who, event, bundle)

    patch.setattr(Enforcer, "note", note)


def _swallow_failures(patch: pytest.MonkeyPatch) -> None:
    """The committer goes on as if all were well when the log can't be written."""
    real = DatabaseCommitter.commit

    def commit(self: DatabaseCommitter, change: Change) -> int:
        try:
            return real(self, change)
        except Unreachable:
            return 0

    patch.setattr(DatabaseCommitter, "commit", commit)


@pytest.mark.parametrize(
    ("broken", "seen"),
    [
        (_drop_entries, "an effect is not in the log"),
        (_forget_denials, "a denial is not in the log"),
        (_forget_readings, "a reading is not in the log"),
        (_swallow_failures, "success was told"),
    ],
)
def test_it_is_seen_when(
    opened: Desk, monkeypatch: pytest.MonkeyPatch, broken: Callable[[pytest.MonkeyPatch], None], seen: str
) -> None:
    broken(monkeypatch)
    with pytest.raises(AssertionError, match=seen):
        holds(opened)


def _raised(act: Callable[[], object]) -> SpeError | None:
    try:
        act()
    except SpeError as error:
        return error
    return None
