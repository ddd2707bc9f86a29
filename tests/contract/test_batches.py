from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from spe.audit.change import Call, Change, Expect, Fact, Forget, Put
from spe.audit.events.consent import DirectivesImported
from spe.audit.merkle import CompactRange
from spe.consent.model import Ledger
from spe.errors import Conflict, Malformed
from spe.request.model import AccessRequest
from tests.statements import heard
from tests.unit.adapters.database.place import (
    AT,
    WHO,
    Installed,
    change,
    entry,
    installed,
    ledger,
    together,
)


@pytest.fixture
def here(tmp_path: Path, database_url: str) -> Iterator[Installed]:
    with installed(tmp_path, database_url) as made:
        yield made


def is_whole(here: Installed) -> None:
    """Check that indexes are dense and that the head's hashes are those of the entries."""
    entries = list(here.log.entries())
    assert [index for index, _ in entries] == list(range(len(entries)))
    computed = CompactRange()
    for _, raw in entries:
        computed = computed.append_entry(raw)
    assert here.log.head() == computed


def test_changes_that_wait_become_one_transaction(here: Installed) -> None:
    statements: list[str] = []
    with heard(here.engine, statements.append):
        done = together(
            here, *(lambda at=at: here.committer.commit(change(ledger(f"h-{at}"))) for at in range(8))
        )
    assert sorted(one.result() for one in done) == list(range(8))
    assert statements.count("COMMIT") == 2  # the other writer's and ours
    is_whole(here)


def test_in_a_batch_a_conflict_is_only_of_the_change_that_has_it(here: Installed) -> None:
    here.committer.commit(change(ledger("a")))
    good, stale, also = together(
        here,
        lambda: here.committer.commit(change(ledger("a", 1))),
        lambda: here.committer.commit(change(ledger("b"), ledger("a", 1), facts=(Fact("x", "y"),))),
        lambda: here.committer.commit(change(ledger("c"))),
    )
    assert (good.result(), also.result()) == (1, 2)
    assert isinstance(stale.exception(), Conflict)
    assert (here.ledger("a"), here.ledger("b"), here.ledger("c")) == ((2, 2), None, (1, 1))
    assert here.log.outbox() == ()
    is_whole(here)


def test_a_batch_may_make_a_record_and_go_on_changing_it(here: Installed) -> None:
    done = together(here, *(lambda at=at: here.committer.commit(change(ledger("a", at))) for at in range(4)))
    assert [one.result() for one in done] == [0, 1, 2, 3]
    assert here.ledger("a") == (4, 4)
    more = together(
        here, *(lambda at=at: here.committer.commit(change(ledger("a", at))) for at in range(4, 7))
    )
    assert [one.result() for one in more] == [4, 5, 6]
    assert here.ledger("a") == (7, 7)
    is_whole(here)


def test_in_a_batch_an_expectation_sees_the_changes_before_it(here: Installed) -> None:
    absent, there = Expect(Ledger, "a", 0), Expect(Ledger, "a", 1)
    early, made, late, right = together(
        here,
        lambda: here.committer.commit(change(expects=(absent,))),
        lambda: here.committer.commit(change(ledger("a"))),
        lambda: here.committer.commit(change(expects=(absent,))),
        lambda: here.committer.commit(change(expects=(there,))),
    )
    assert (early.result(), made.result(), right.result()) == (0, 1, 2)
    assert isinstance(late.exception(), Conflict)


def test_in_a_batch_one_call_is_answered_once(here: Installed) -> None:
    call = Call("k" * 64, "d" * 64)
    first, second = together(
        here,
        lambda: here.committer.commit(change(ledger("a"), call=call)),
        lambda: here.committer.commit(change(ledger("b"), call=call)),
    )
    assert first.result() == 0
    assert isinstance(second.exception(), Conflict)
    assert here.ledger("b") is None


def test_an_entry_too_large_for_the_log_is_malformed_and_nothing_happens(here: Installed) -> None:
    large = Change(entries=(entry(), entry("r" * 70_000)), puts=(ledger("a"),))
    with pytest.raises(Malformed):
        here.committer.commit(large)
    assert (here.ledger("a"), here.log.head().size) == (None, 0)


@pytest.mark.parametrize("id_", ["\ud800", "a\x00b"])
def test_what_could_not_be_read_back_is_malformed_and_harms_nobody_else(here: Installed, id_: str) -> None:
    bad, good = together(
        here,
        lambda: here.committer.commit(change(ledger(id_))),
        lambda: here.committer.commit(change(ledger("b"))),
    )
    assert isinstance(bad.exception(), Malformed)
    assert good.result() == 0
    assert [stored.value.id for stored in here.records.each(Ledger)] == ["b"]


def test_a_number_no_database_takes_is_malformed(here: Installed) -> None:
    with pytest.raises(Malformed):
        here.committer.commit(change(Put(Ledger("a", 2**63), 0)))
    with pytest.raises(Malformed):
        here.committer.commit(change(facts=(Fact("x", "y", {"n": float("nan")}),)))
    assert here.log.head().size == 0


LONG = "a" * 201


@pytest.mark.parametrize(
    "bad",
    [
        change(ledger(LONG)),
        change(Put(Ledger("a", 1), 2**31 - 1)),
        change(facts=(Fact("k" * 61, "y"),)),
        change(facts=(Fact("k", LONG),)),
        change(ledger("a"), call=Call("k" * 65, "d" * 64)),
        change(facts=(Fact("k", "a\x00b"),)),
        change(facts=(Fact("k", "\ud800"),)),
    ],
)
def test_what_does_not_fit_its_column_is_malformed_and_harms_nobody_else(
    here: Installed, bad: Change
) -> None:
    refused, good = together(
        here, lambda: here.committer.commit(bad), lambda: here.committer.commit(change(ledger("b")))
    )
    assert isinstance(refused.exception(), Malformed)
    assert good.result() == 0
    assert here.ledger("a") is None


def test_a_look_for_what_could_not_be_there_finds_nothing(here: Installed) -> None:
    here.committer.commit(change(ledger("a")))
    assert here.records.find(Ledger, after="a\x00") == ()
    for id_ in (LONG, "", "é", "'; DROP TABLE ledger; --", "%s", "a\x00b", "\ud800"):
        assert here.ledger(id_) is None
    for id_ in ("a\x00b", "\ud800"):
        with pytest.raises(Malformed):
            here.committer.commit(change(expects=(Expect(Ledger, id_, 0),)))
    for id_ in (LONG, "", "é", "%s"):
        with pytest.raises(Conflict):
            here.committer.commit(change(expects=(Expect(Ledger, id_, 1),)))


def test_identifiers_are_in_the_order_of_their_bytes(here: Installed) -> None:
    ids = ("b", "B", "a", "é", "z", "_", "-", "a-b", "ab", "a b", "0")
    for id_ in ids:
        here.committer.commit(change(ledger(id_)))
    assert [stored.value.id for stored in here.records.each(Ledger)] == sorted(ids)


def test_a_change_that_puts_a_record_twice_is_malformed(here: Installed) -> None:
    with pytest.raises(Malformed):
        here.committer.commit(change(ledger("a"), ledger("a")))


def test_facts_come_in_the_order_of_the_log_and_go_when_they_are_handled(here: Installed) -> None:
    for at in range(3):
        here.committer.commit(change(facts=tuple(Fact("k", f"{at}.{part}") for part in range(3))))
    waiting = here.log.outbox()
    assert [fact.about for fact in waiting] == [f"{at}.{part}" for at in range(3) for part in range(3)]
    here.committer.commit(change(handled=(waiting[0].id, waiting[4].id)))
    assert [fact.id for fact in here.log.outbox()] == [
        fact.id for at, fact in enumerate(waiting) if at not in (0, 4)
    ]


def test_a_large_import_reads_versions_in_few_statements(here: Installed) -> None:
    statements: list[str] = []
    imported = (entry(), *(type(entry())(WHO, DirectivesImported("h", 1, 1, 0), AT) for _ in range(3)))
    with heard(here.engine, statements.append):
        here.committer.commit(Change(entries=imported, puts=tuple(ledger(f"s-{at}") for at in range(1200))))
    assert len(statements) < 12
    assert here.records.find(AccessRequest) == ()
    assert len(list(here.records.each(Ledger))) == 1200


def test_many_writers_lose_no_update_and_leave_no_gap(here: Installed) -> None:
    indexes: list[int] = []

    def write() -> None:
        for _ in range(20):
            while True:
                epoch, version = here.ledger("shared") or (0, 0)
                try:
                    indexes.append(here.committer.commit(change(Put(Ledger("shared", epoch + 1), version))))
                    break
                except Conflict:
                    continue

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert here.ledger("shared") == (160, 160)
    assert sorted(indexes) == list(range(160))
    is_whole(here)


def test_a_batch_may_make_a_record_change_it_and_forget_it(here: Installed) -> None:
    here.committer.commit(change(ledger("kept")))
    done = together(
        here,
        lambda: here.committer.commit(change(ledger("a"))),
        lambda: here.committer.commit(change(ledger("a", 1), ledger("kept", 1))),
        lambda: here.committer.commit(change(forgets=(Forget(Ledger, "a", 2), Forget(Ledger, "kept", 2)))),
        lambda: here.committer.commit(change(ledger("a"))),
    )
    assert [one.result() for one in done] == [1, 2, 3, 4]
    assert (here.ledger("a"), here.ledger("kept")) == ((1, 1), None)
    is_whole(here)


def test_nothing_stays_of_a_handled_fact_but_that_it_was_there(here: Installed, tmp_path: Path) -> None:
    here.committer.commit(change(facts=(Fact("k", "holder/somebody", {"subject": "somebody"}),)))
    [fact] = here.log.outbox()
    here.committer.commit(change(handled=(fact.id,)))
    here.log.shed()
    assert not [file for file in tmp_path.rglob("spe.db*") if b"somebody" in file.read_bytes()]
    with here.engine.connect() as connection:
        row = connection.exec_driver_sql("SELECT id, kind, about, data, salt FROM outbox").one()
    assert tuple(row) == (fact.id, "", "", "{}", "")
