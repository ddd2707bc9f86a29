from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from spe.adapters.database.engine import ReadOnly, writing
from spe.audit.change import Fact
from spe.catalogue.model import Dataset
from spe.consent.model import Ledger
from spe.errors import IntegrityFailure, NotKnownYet, Unreachable
from tests.statements import heard
from tests.unit.adapters.database.place import Installed, change, installed, ledger


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installed]:
    with installed(tmp_path) as made:
        yield made


def broken(at: str) -> Any:
    def fail(statement: str) -> None:
        if statement.startswith(at):
            raise sqlite3.OperationalError("disk I/O error")

    return fail


@pytest.mark.parametrize("at", ["BEGIN", "SELECT", "INSERT INTO ledger", "INSERT INTO log_entry", "UPDATE"])
def test_when_a_statement_fails_all_of_its_batch_hear_so_and_nothing_is_there(
    here: Installed, at: str
) -> None:
    here.committer.commit(change())
    with heard(here.engine, broken(at)), pytest.raises(Unreachable):
        here.committer.commit(change(ledger("a"), facts=(Fact("k", "a"),)))
    assert (here.ledger("a"), here.log.outbox(), here.log.head().size) == (None, (), 1)
    assert here.committer.commit(change(ledger("a"))) == 1


def test_after_a_failed_commit_nothing_is_written_any_more_and_reads_go_on(here: Installed) -> None:
    here.committer.commit(change(ledger("before")))
    commits: list[str] = []

    def once(statement: str) -> None:
        if statement == "COMMIT":
            commits.append(statement)
            if len(commits) == 1:
                raise sqlite3.OperationalError("disk I/O error")

    acts = [lambda at=at: here.committer.commit(change(ledger(f"h-{at}"))) for at in range(3)]
    with heard(here.engine, once):
        with here.engine.connect() as lock, lock.begin():
            lock.exec_driver_sql("BEGIN IMMEDIATE")
            done = [threading.Thread(target=told, args=(act,)) for act in acts]
            for thread in done:
                thread.start()
        for thread in done:
            thread.join()
        for act in (
            lambda: here.committer.commit(change(ledger("a"))),
            lambda: here.log.set_mark("x", "y"),
            here.log.begin_signing,
        ):
            with pytest.raises(ReadOnly):
                act()
    assert commits == ["COMMIT"]
    assert [one.value.id for one in here.records.each(Ledger)] == ["before"]
    assert here.log.head().size == 1


def told(act: Any) -> None:
    with contextlib.suppress(Unreachable):
        act()


def test_whether_a_failed_commit_happened_is_not_known(here: Installed) -> None:
    with heard(here.engine, broken("COMMIT")), pytest.raises(NotKnownYet):
        here.committer.commit(change(ledger("a")))


def test_a_disk_found_full_by_the_commit_refuses_that_change_only(here: Installed) -> None:
    def full(statement: str) -> None:
        if statement == "COMMIT":
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            raise error

    with heard(here.engine, full), pytest.raises(Unreachable, match="nothing was done"):
        here.committer.commit(change(ledger("a")))
    assert here.committer.commit(change(ledger("a"))) == 0


def test_an_unforeseen_failure_is_an_answer_too_and_the_thread_goes_on(here: Installed) -> None:
    def fail(statement: str) -> None:
        if statement.startswith("INSERT"):
            raise MemoryError

    with heard(here.engine, fail), pytest.raises(Unreachable):
        here.committer.commit(change(ledger("a")))
    assert here.committer.commit(change(ledger("a"))) == 0


def test_a_log_without_its_head_is_an_integrity_failure_every_time(here: Installed) -> None:
    with writing(here.engine) as connection:
        connection.execute(text("DELETE FROM log_head"))
    for _ in range(2):
        with pytest.raises(IntegrityFailure):
            here.committer.commit(change(ledger("a")))
    with pytest.raises(IntegrityFailure):
        here.log.head()
    assert here.ledger("a") is None


def test_a_full_database_refuses_before_any_effect_and_reads_go_on(here: Installed) -> None:
    here.committer.commit(change(ledger("a")))
    with writing(here.engine) as connection:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()

    event.listen(here.engine, "connect", lambda raw, *_: raw.execute(f"PRAGMA max_page_count={pages}"))
    here.engine.dispose()
    large = tuple(Fact("k", "a", {"text": "x" * 10_000}) for _ in range(20))
    with pytest.raises(Unreachable):
        here.committer.commit(change(ledger("b"), facts=large))
    assert (here.ledger("a"), here.ledger("b"), here.log.head().size) == ((1, 1), None, 1)
    assert here.committer.commit(change()) == 1


def test_a_change_that_is_not_begun_in_time_is_refused_and_never_happens(tmp_path: Path) -> None:
    with installed(tmp_path, patience=0.1) as here:
        started = time.monotonic()
        with writing(here.engine), pytest.raises(Unreachable, match="nothing was done"):
            here.committer.commit(change(ledger("a")))
        assert time.monotonic() - started < 8
        time.sleep(0.5)
        assert here.committer.commit(change(ledger("b"))) == 0
        assert here.ledger("a") is None


def test_while_the_disk_hangs_every_caller_is_answered_within_patience_and_later_ones_at_once(
    tmp_path: Path,
) -> None:
    hang, hanging, first = threading.Event(), threading.Event(), []

    def stuck(statement: str) -> None:
        if statement == "COMMIT":
            hanging.set()
            hang.wait(20)

    def begin(here: Installed) -> None:
        try:
            here.committer.commit(change(ledger("a")))
        except Unreachable as error:
            first.append(error)

    with installed(tmp_path, patience=0.3) as here:
        with heard(here.engine, stuck):
            thread = threading.Thread(target=begin, args=(here,))
            thread.start()
            assert hanging.wait(5)
            started = time.monotonic()
            with pytest.raises(Unreachable, match="nothing was done"):
                here.committer.commit(change(ledger("b")))
            thread.join()
            assert time.monotonic() - started < 8
            assert isinstance(first[0], NotKnownYet)
            started = time.monotonic()
            for _ in range(100):
                with pytest.raises(Unreachable, match="hangs"):
                    here.committer.commit(change(ledger("b")))
            assert time.monotonic() - started < 8
            hang.set()
            while here.ledger("a") is None:
                time.sleep(0.01)
        time.sleep(0.2)
        assert here.committer.commit(change(ledger("c"))) == 1
        assert (here.ledger("a"), here.ledger("b")) == ((1, 1), None)


def test_after_closing_a_change_is_refused(tmp_path: Path) -> None:
    with installed(tmp_path, patience=0.1) as here:
        here.committer.commit(change(ledger("a")))
        here.committer.close()
        with pytest.raises(Unreachable):
            here.committer.commit(change(ledger("b")))
        assert here.ledger("b") is None


def test_a_database_that_is_gone_makes_everything_unreachable(tmp_path: Path) -> None:
    with installed(tmp_path, patience=0.5) as here:
        here.engine.dispose()
        (tmp_path / "spe.db").unlink()
        (tmp_path / "spe.db").mkdir()
        reads = (here.log.head, here.log.checkpoints, here.log.latest_checkpoint, here.log.outbox)
        for read in (
            *reads,
            lambda: here.log.mark("x"),
            lambda: here.log.answered("x"),
            lambda: list(here.log.entries()),
        ):
            with pytest.raises(Unreachable):
                read()
        for act in (
            lambda: here.log.set_mark("x", "y"),
            lambda: here.log.keep_checkpoint("t", 1, "x"),
            lambda: here.committer.commit(change(ledger("a"))),
            lambda: here.ledger("a"),
        ):
            with pytest.raises(Unreachable):
                act()


def test_a_stored_value_that_was_altered_is_an_integrity_failure(here: Installed) -> None:
    here.committer.commit(change(ledger("a")))
    for body in ('{"id": "a"', '{"id": "a", "epoch": "1"}', '{"id": "a", "more": 1}', "[" * 5000):
        with writing(here.engine) as connection:
            connection.execute(text("UPDATE ledger SET body = :body"), {"body": body})
        with pytest.raises(IntegrityFailure):
            here.ledger("a")
    assert here.records.find(Dataset) == ()


def test_errors_of_the_database_do_not_show_what_was_written(here: Installed) -> None:
    insert = text("INSERT INTO log_checkpoint (size, note) VALUES (1, :note)")
    with writing(here.engine) as connection:
        connection.execute(insert, {"note": "MI-0007"})
        with pytest.raises(Exception, match="log_checkpoint") as caught:
            connection.execute(insert, {"note": "MI-0007"})
    assert "MI-0007" not in str(caught.value)
