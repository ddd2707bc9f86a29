"""A log and its witnesses: what it has cosigned, what it hears, and what keeps it from starting."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from spe.audit.cosigned import Knows, cosigns
from spe.audit.cover import WaitingCover
from spe.errors import IntegrityFailure, Unreachable
from spe.witness.judge import Witness
from spe.worker.cosigning import Contradicted
from tests.unit.adapters.database.place import change, entry
from tests.unit.witness.growing import KEY
from tests.unit.worker.witnessed import Here, Log, opened, two_witnesses, until


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    with two_witnesses(tmp_path) as here:
        yield here


def test_each_new_checkpoint_is_cosigned_once_and_the_line_is_kept(log: Log) -> None:
    one = log.cosigner()
    for count in (1, 255, 300):
        size = log.grow(count)
        one.step()
        (line,) = log.here.log.cosignatures(size)
        assert cosigns(log.here.log.checkpoints()[size], line, log.witnesses[0].key)
    asked = log.witnesses[0].asked
    one.step()
    assert log.witnesses[0].asked == asked == 3


def test_a_new_worker_learns_what_the_witness_knows(log: Log) -> None:
    log.grow(5)
    log.cosigner().step()
    size = log.grow(20)
    log.cosigner().step()
    assert len(log.here.log.cosignatures(size)) == 1


def test_a_witness_that_lost_everything_is_shown_the_log_anew(log: Log, tmp_path: Path) -> None:
    one = log.cosigner()
    log.grow(5)
    one.step()
    new = log.witnesses[0]
    new.folder = tmp_path / "new"
    new.judge = Witness.of(new._made(), lambda: int(time.time()))
    size = log.grow(5)
    one.step()
    assert cosigns(log.here.log.checkpoints()[size], log.here.log.cosignatures(size)[0], new.key)


def test_a_log_without_entries_shows_that_it_has_none(log: Log) -> None:
    log.cosigning().check(2, 30)
    assert [one.judge.last(_folder(one)) is not None for one in log.witnesses] == [True, True]
    assert log.here.log.cosignatures(0) == ()


def _folder(one: Here) -> str:
    return next(path.name for path in (one.folder / "logs").iterdir())


SET_BACK = {
    "by five entries": 15,
    "by one entry": 19,
    "to nothing": 0,
}


@pytest.mark.parametrize("size", SET_BACK.values(), ids=list(SET_BACK))
def test_an_older_database_does_not_start(log: Log, tmp_path: Path, size: int) -> None:
    copy = tmp_path / "older"
    for at in range(1, 21):
        log.grow()
        if at == size:
            shutil.copytree(tmp_path / "log", copy)
    log.cosigning().check(2, 30)
    with opened(copy, log.witnesses) as older:
        for _ in range(2):
            with pytest.raises(IntegrityFailure, match=f"has seen 20 entries, {size} are signed here"):
                older.cosigning().check(2, 30)
            # What is appended to it, and signed by whoever doesn't ask, only makes it another history.
            older.here.committer.commit(change(entries=(entry("req-other"),)))
        if size:
            older.grow(10)
            with pytest.raises(IntegrityFailure, match="does not continue the 20 entries"):
                older.cosigning().check(2, 30)


def test_a_database_of_the_same_size_with_other_entries_does_not_start_and_is_evidence(
    log: Log, tmp_path: Path
) -> None:
    log.grow(10)
    shutil.copytree(tmp_path / "log", tmp_path / "older")
    log.grow(5)
    log.cosigning().check(2, 30)
    with opened(tmp_path / "older", log.witnesses) as older:
        older.here.committer.commit(change(entries=(entry("req-other"),) * 5))
        assert older.signer.sign() == 15
        with pytest.raises(IntegrityFailure, match="another log of 15 entries"):
            older.cosigning().check(2, 30)
    assert [len(one.judge.alarms()[0].evidence) for one in log.witnesses] == [2, 2]


def test_one_witness_that_saw_more_is_enough_whatever_the_others_say(log: Log, tmp_path: Path) -> None:
    log.grow(10)
    log.cosigning().check(2, 30)
    shutil.copytree(tmp_path / "log", tmp_path / "older")
    log.grow(5)
    log.cosigner(1).step()
    with (
        opened(tmp_path / "older", log.witnesses) as older,
        pytest.raises(IntegrityFailure, match=r"w2\.example"),
    ):
        older.cosigning().check(1, 30)


@pytest.mark.parametrize(("needed", "starts"), [(0, True), (1, True), (2, False)])
def test_a_silent_witness_keeps_it_from_starting_where_it_is_needed(
    log: Log, needed: int, starts: bool
) -> None:
    log.grow()
    log.witnesses[0].down = True
    if starts:
        log.cosigning().check(needed, 30)
    else:
        with pytest.raises(Unreachable, match="2 of 2 witnesses must answer first: down"):
            log.cosigning().check(needed, 30)


def test_a_witness_that_hangs_is_waited_for_no_longer_than_said(log: Log) -> None:
    log.grow()
    log.witnesses[0].gate.clear()
    started = time.monotonic()
    with pytest.raises(Unreachable, match="did not answer in time"):
        log.cosigning().check(2, 0.2)
    assert time.monotonic() - started < 20
    log.witnesses[0].gate.set()


def test_a_slow_witness_keeps_neither_the_signer_nor_another_witness_waiting(log: Log) -> None:
    log.witnesses[0].gate.clear()
    cosigning = log.cosigning()
    cosigning.start()
    try:
        size = log.grow()
        cosigning.wake(size)
        cover = WaitingCover(log.here.log, log.quorum(1), KEY.public, patience=30)
        assert cover.cover(witnessed=True) == size
        with pytest.raises(Unreachable, match="cosigned by enough witnesses in time"):
            WaitingCover(log.here.log, log.quorum(2), KEY.public, patience=0.1).cover(witnessed=True)
        log.witnesses[0].gate.set()
        assert (
            WaitingCover(log.here.log, log.quorum(2), KEY.public, patience=30).cover(witnessed=True) == size
        )
    finally:
        log.witnesses[0].gate.set()
        cosigning.close()


def test_a_contradiction_is_told_once_and_a_witness_that_comes_back_cosigns_again(log: Log) -> None:
    heard: list[Contradicted] = []
    wrong = log.witnesses[0]
    wrong.says = lambda _note: Knows(10**9)
    cosigning = log.cosigning(heard.append)
    cosigning.start()
    try:
        size = log.grow()
        cosigning.wake(size)
        until(lambda: wrong.asked >= 3)
        assert [(one.witness, one.size, one.seen) for one in heard] == [("w1.example", heard[0].size, 10**9)]
        wrong.says = None
        until(lambda: len(log.here.log.cosignatures(size)) == 2)
    finally:
        cosigning.close()
    assert not any(thread.is_alive() for thread in cosigning._threads)
