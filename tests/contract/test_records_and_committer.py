from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import pytest

from spe.adapters.database.committer import DatabaseCommitter
from spe.adapters.database.engine import migrate, open_database
from spe.adapters.database.log import DatabaseLog
from spe.adapters.database.records import DatabaseRecords
from spe.audit.change import Call, Change, Committer, Entry, Expect, Fact, Forget, Put, Who
from spe.audit.events import StaffRef, SubjectRef
from spe.audit.events.request import RequestWithdrawn
from spe.audit.records import Records
from spe.catalogue.model import Dataset
from spe.consent.model import Ledger
from spe.errors import Conflict, Unreachable
from spe.request.model import AccessRequest, RequestStatus
from spe.web.examples import APPLICATION
from spe.web.idempotency import Answers
from tests.fakes import BUNDLE, MemoryStore
from tests.services.postgres import Server

WHO = Who(StaffRef("anna.ricci"), "uni-bologna", "data_user")
ENTRY = Entry(WHO, RequestWithdrawn("req-1"), datetime(2026, 3, 1, 9, 0, tzinfo=UTC))


class Facts(Protocol):
    """Says which facts wait for their holders."""

    def __call__(self) -> list[tuple[str, str, Mapping[str, Any]]]: ...


@dataclass(frozen=True, slots=True)
class Place:
    """One implementation of the ports."""

    records: Records
    committer: Committer
    answers: Answers
    waiting: Facts


class Plain:
    """Identities that hide nobody: the ports under test carry entries, they do not read them."""

    def seal_staff(self, staff: StaffRef) -> str:
        return str(staff)

    def digest_subject(self, subject: SubjectRef, nonce: str) -> str:
        return f"{subject}{nonce}"

    def digest_record(self, table: str, id_: str) -> str:
        return f"{table}/{id_}"


@dataclass
class Requests:
    """Makes requests with new identifiers."""

    made: int = field(default=0)

    def __call__(self, status: RequestStatus = RequestStatus.SUBMITTED) -> AccessRequest:
        self.made += 1
        return AccessRequest(
            id=f"req-{self.made:04d}",
            applicant=StaffRef("anna.ricci"),
            organisation="uni-bologna",
            application=APPLICATION,
            status=status,
            submitted=self.made,
        )


@pytest.fixture
def request_(request: pytest.FixtureRequest) -> Requests:
    return Requests()


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "memory":
        store = MemoryStore()
        yield Place(store, store, store, lambda: [(one.kind, one.about, one.data) for one in store.outbox])
        return
    url = f"sqlite:///{tmp_path}/spe.db"
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgres")
        url = server.url(server.made())
    engine = open_database(url)
    migrate(engine)
    log = DatabaseLog(engine)
    log.create()
    log.set_mark("bundle", BUNDLE)
    committer = DatabaseCommitter(engine, Plain())
    yield Place(
        DatabaseRecords(engine),
        committer,
        log,
        lambda: [(one.kind, one.about, one.data) for one in log.outbox()],
    )
    committer.close()
    engine.dispose()


def change(*puts: Put, **more: Any) -> Change:
    return Change(entries=(ENTRY,), puts=puts, **more)


def test_what_is_put_is_read_back_as_it_was(place: Place, request_: Requests) -> None:
    one = request_()
    assert place.records.get(AccessRequest, one.id) is None
    place.committer.commit(change(Put(one, 0)))
    stored = place.records.get(AccessRequest, one.id)
    assert stored is not None
    assert (stored.value, stored.version) == (one, 1)
    assert type(stored.value.applicant) is StaffRef


def test_indexes_count_entries_and_a_change_gets_that_of_its_last(place: Place) -> None:
    assert place.committer.commit(change()) == 0
    assert place.committer.commit(Change(entries=(ENTRY, ENTRY, ENTRY))) == 3
    assert place.committer.commit(change()) == 4


def test_a_change_without_an_entry_is_never_committed(place: Place, request_: Requests) -> None:
    one = request_()
    with pytest.raises(Unreachable):
        place.committer.commit(Change(entries=(), puts=(Put(one, 0),)))
    assert place.records.get(AccessRequest, one.id) is None


def test_versions_count_up_and_a_stale_one_is_a_conflict(place: Place, request_: Requests) -> None:
    one = request_()
    place.committer.commit(change(Put(one, 0)))
    returned = replace(one, status=RequestStatus.RETURNED)
    place.committer.commit(change(Put(returned, 1)))
    for stale in (0, 1, 3):
        with pytest.raises(Conflict):
            place.committer.commit(change(Put(one, stale)))
    stored = place.records.get(AccessRequest, one.id)
    assert stored is not None
    assert (stored.value, stored.version) == (returned, 2)


def test_of_a_change_that_conflicts_nothing_happens(place: Place, request_: Requests) -> None:
    one, two = request_(), request_()
    place.committer.commit(change(Put(one, 0)))
    with pytest.raises(Conflict):
        place.committer.commit(
            change(Put(two, 0), Put(one, 0), facts=(Fact("a", "b"),), call=Call("k" * 64, "d" * 64))
        )
    assert place.records.get(AccessRequest, two.id) is None
    assert place.waiting() == []
    assert place.answers.answered("k" * 64) is None
    assert place.committer.commit(change()) == 1


def test_an_expectation_on_another_record_is_judged(place: Place, request_: Requests) -> None:
    one, two = request_(), request_()
    absent = Expect(AccessRequest, two.id, 0)
    place.committer.commit(change(Put(one, 0), expects=(absent,)))
    place.committer.commit(change(Put(two, 0), expects=(Expect(AccessRequest, one.id, 1),)))
    with pytest.raises(Conflict):
        place.committer.commit(change(expects=(absent,)))
    with pytest.raises(Conflict):
        place.committer.commit(change(expects=(Expect(Ledger, "hospital-milano", 1),)))


def test_a_change_allowed_by_another_bundle_is_a_conflict(place: Place, request_: Requests) -> None:
    place.committer.commit(change(Put(request_(), 0), bundle=BUNDLE))
    with pytest.raises(Conflict):
        place.committer.commit(change(Put(request_(), 0), bundle="c" * 64))


def test_pages_are_in_the_order_of_identifiers_and_fit_the_question(place: Place, request_: Requests) -> None:
    made = [request_(RequestStatus.GRANTED if at % 2 else RequestStatus.SUBMITTED) for at in range(10)]
    for one in reversed(made):
        place.committer.commit(change(Put(one, 0)))
    granted = place.records.find(AccessRequest, status=RequestStatus.GRANTED, limit=3)
    assert [stored.value for stored in granted] == [one for one in made if one.status == "granted"][:3]
    after = place.records.find(AccessRequest, after=granted[-1].value.id, status=RequestStatus.GRANTED)
    assert [stored.value.id for stored in after] == [one.id for one in made[6:] if one.status == "granted"]
    assert [stored.value for stored in place.records.each(AccessRequest)] == made
    assert place.records.find(AccessRequest, applicant="somebody.else") == ()
    assert place.records.find(Dataset) == ()


def test_facts_wait_in_the_outbox_of_their_change(place: Place) -> None:
    place.committer.commit(change(facts=(Fact("directive.recorded", "h/s", {"kind": "withdrawal", "n": 7}),)))
    assert place.waiting() == [("directive.recorded", "h/s", {"kind": "withdrawal", "n": 7})]


def test_the_answer_to_a_call_is_kept_with_its_effect(place: Place, request_: Requests) -> None:
    call, one = Call("k" * 64, "d" * 64), request_()
    place.committer.commit(change())
    place.committer.commit(change(Put(one, 0), call=call))
    kept = place.answers.answered(call.key)
    assert kept is not None
    assert (kept[0], dict(kept[1])) == (call.digest, {"id": one.id, "status": "submitted", "index": 1})
    assert place.answers.answered("other" + "k" * 59) is None


def test_a_call_that_was_answered_commits_no_second_time(place: Place, request_: Requests) -> None:
    call = Call("k" * 64, "d" * 64)
    place.committer.commit(change(Put(request_(), 0), call=call))
    two = request_()
    for digest in ("d" * 64, "e" * 64):
        with pytest.raises(Conflict):
            place.committer.commit(change(Put(two, 0), call=Call(call.key, digest)))
    assert place.records.get(AccessRequest, two.id) is None


def test_a_denial_answers_no_call(place: Place, request_: Requests) -> None:
    call = Call("k" * 64, "d" * 64)
    place.committer.commit(change(call=call))
    assert place.answers.answered(call.key) is None
    place.committer.commit(change(Put(request_(), 0), call=call))
    assert place.answers.answered(call.key) is not None


def test_a_record_without_a_status_is_answered_without_one(place: Place) -> None:
    call = Call("k" * 64, "d" * 64)
    place.committer.commit(change(Put(Ledger("hospital-milano", 3), 0), call=call))
    kept = place.answers.answered(call.key)
    assert kept is not None
    assert dict(kept[1]) == {"id": "hospital-milano", "status": "", "index": 0}


def test_of_many_writers_of_one_version_one_wins(place: Place, request_: Requests) -> None:
    one = request_()
    place.committer.commit(change(Put(one, 0)))
    won: list[int] = []
    lost: list[Conflict] = []

    def write() -> None:
        try:
            won.append(place.committer.commit(change(Put(replace(one, status=RequestStatus.RETURNED), 1))))
        except Conflict as conflict:
            lost.append(conflict)

    threads = [threading.Thread(target=write) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(lost)) == (1, 15)


def test_of_many_calls_with_one_key_one_commits(place: Place, request_: Requests) -> None:
    call, made = Call("k" * 64, "d" * 64), [request_() for _ in range(16)]
    won: list[str] = []

    def write(one: AccessRequest) -> None:
        try:
            place.committer.commit(change(Put(one, 0), call=call))
            won.append(one.id)
        except Conflict:
            return

    threads = [threading.Thread(target=write, args=(one,)) for one in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [stored.value.id for stored in place.records.each(AccessRequest)] == won
    assert len(won) == 1


def test_many_writers_get_indexes_that_are_all_different_and_leave_no_gap(
    place: Place, request_: Requests
) -> None:
    given: list[int] = []

    def write(made: list[AccessRequest]) -> None:
        given.extend(place.committer.commit(change(Put(one, 0))) for one in made)

    threads = [threading.Thread(target=write, args=([request_() for _ in range(10)],)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(given) == list(range(80))
    assert len(list(place.records.each(AccessRequest))) == 80


def test_what_is_forgotten_is_gone_and_no_entry_names_it(place: Place, request_: Requests) -> None:
    one, two = request_(), request_()
    place.committer.commit(change(Put(one, 0), Put(two, 0)))
    place.committer.commit(change(forgets=(Forget(AccessRequest, one.id, 1),)))
    assert place.records.get(AccessRequest, one.id) is None
    assert place.records.get(AccessRequest, two.id) is not None
    place.committer.commit(change(Put(one, 0)))
    assert place.records.get(AccessRequest, one.id) is not None


def test_of_another_version_or_of_nothing_nothing_is_forgotten(place: Place, request_: Requests) -> None:
    one, two = request_(), request_()
    place.committer.commit(change(Put(one, 0)))
    for forget in (Forget(AccessRequest, one.id, 2), Forget(AccessRequest, two.id, 1)):
        with pytest.raises(Conflict):
            place.committer.commit(change(forgets=(forget,)))
    assert place.records.get(AccessRequest, one.id) is not None
