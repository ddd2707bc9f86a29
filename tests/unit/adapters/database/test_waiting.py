from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from spe.adapters.database.committer import DatabaseCommitter
from spe.adapters.database.waiting import Queue, Waiting
from spe.audit.change import Change, Entry
from spe.audit.events import StaffRef, SubjectRef
from spe.audit.events.erasure import SubjectReported
from tests.unit.adapters.database.place import WHO, Installed, Plain, change, installed, ledger, together

SOON = 30.0


def one() -> Waiting:
    return Waiting(change())


@contextmanager
def taking(queue: Queue, most: int, expected: int, seconds: float) -> Iterator[Callable[[], list[Waiting]]]:
    """Take in a thread of its own; yield what waits for it to have taken."""
    taken: list[Waiting] = []
    thread = threading.Thread(target=lambda: taken.extend(queue.take(most, expected, seconds)))
    thread.start()

    def done() -> list[Waiting]:
        thread.join(SOON)
        assert not thread.is_alive()
        return taken

    yield done
    queue.close()
    thread.join()


def test_who_waits_already_is_taken_at_once_in_order_and_no_more_than_fit() -> None:
    queue, all_of_them = Queue(), [one() for _ in range(5)]
    for waiting in all_of_them:
        queue.put(waiting)
    assert queue.take(2, 1, SOON) == all_of_them[:2]
    assert queue.take(2, 3, SOON) == all_of_them[2:4]
    assert (queue.count(), queue.more(9), queue.more(9)) == (1, all_of_them[4:], [])


def test_those_who_are_expected_are_waited_for_and_taken_together() -> None:
    queue, all_of_them = Queue(), [one() for _ in range(3)]
    with taking(queue, 9, 3, SOON) as taken:
        for waiting in all_of_them:
            queue.put(waiting)
        assert taken() == all_of_them


def test_who_does_not_come_in_time_is_not_waited_for() -> None:
    queue, first = Queue(), one()
    queue.put(first)
    began = time.monotonic()
    assert queue.take(9, 2, 0.05) == [first]
    assert 0.05 <= time.monotonic() - began < SOON


def test_where_nobody_comes_in_time_the_first_who_then_comes_is_taken_alone() -> None:
    queue, first = Queue(), one()
    with taking(queue, 9, 5, 0.001) as taken:
        time.sleep(0.05)
        queue.put(first)
        assert taken() == [first]


def test_a_bell_that_rang_for_those_who_were_taken_rings_for_nobody_else() -> None:
    queue, first, more = Queue(), one(), [one(), one()]
    queue.put(first)
    assert queue.more(9) == [first]
    with taking(queue, 9, 2, SOON) as taken:
        time.sleep(0.05)
        for waiting in more:
            queue.put(waiting)
        assert taken() == more


def test_closing_lets_nobody_wait_and_what_waits_is_still_taken() -> None:
    queue, last = Queue(), one()
    queue.put(last)
    queue.close()
    assert queue.take(9, 5, SOON) == [last]
    assert queue.take(9, 5, SOON) == []


class Watched(Plain):
    """Identities that remember in which thread they were asked, and fail for one of the staff."""

    def __init__(self) -> None:
        self.threads: dict[str, str] = {}

    def seal_staff(self, staff: StaffRef) -> str:
        self.threads["staff"] = threading.current_thread().name
        if staff == "nobody":
            raise RuntimeError("no key")
        return str(staff)

    def digest_subject(self, subject: SubjectRef, nonce: str) -> str:
        self.threads["subject"] = threading.current_thread().name
        return f"{subject}{nonce}"


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installed]:
    with installed(tmp_path) as made:
        yield made


@contextmanager
def committing(here: Installed) -> Iterator[tuple[DatabaseCommitter, Watched]]:
    watched = Watched()
    committer = DatabaseCommitter(here.engine, watched)
    yield committer, watched
    committer.close()


def test_subjects_keys_are_asked_for_by_the_caller_who_alone_waits_for_them(here: Installed) -> None:
    about = Entry(WHO, SubjectReported("h-1", SubjectRef("s-1")), datetime.now(UTC))
    with committing(here) as (committer, watched):
        assert committer.commit(Change(entries=(about,))) == 0
        assert watched.threads["subject"] == threading.current_thread().name
        assert committer.commit(change(ledger("a"))) == 1
        assert watched.threads["staff"] == "committer"


def test_a_change_of_many_rows_is_encoded_by_its_caller(here: Installed) -> None:
    with committing(here) as (committer, watched):
        assert committer.commit(change(*(ledger(f"h-{at}") for at in range(50)))) == 0
        assert watched.threads["staff"] == threading.current_thread().name


def test_what_goes_wrong_in_encoding_one_change_is_only_its_callers(here: Installed) -> None:
    who = Entry(type(WHO)(StaffRef("nobody"), "o", "r"), change().entries[0].event, datetime.now(UTC))
    with committing(here) as (committer, _):
        heard: list[Exception] = []

        def fail() -> int:
            try:
                return committer.commit(Change(entries=(who,)))
            except RuntimeError as error:
                heard.append(error)
                return -1

        bad, good = together(here, fail, lambda: committer.commit(change(ledger("b"))))
    assert (bad.result(), good.result(), str(heard[0])) == (-1, 0, "no key")
