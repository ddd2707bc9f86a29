"""Witnesses that lie: nothing they say is kept but their own true cosignature, now, of this very checkpoint."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from spe.audit.cosigned import Answer, Cosigned, Knows, Refused
from spe.audit.cover import WaitingCover
from spe.crypto.cosignature import CosigningKey
from spe.crypto.note import split_note
from spe.errors import IntegrityFailure, Unreachable
from spe.worker.cosigning import Contradicted, Cosigning
from tests.unit.witness.growing import KEY
from tests.unit.worker.witnessed import Here, Log, two_witnesses, until


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    with two_witnesses(tmp_path) as here:
        yield here


def _cosigned(here: Here, text: str, at: float) -> Cosigned:
    return Cosigned((here.secret.cosign(text, int(at)).removesuffix("\n"),))


def _of(note: str) -> str:
    return split_note(note)[0]


def _renamed(here: Here, note: str) -> Cosigned:
    key = CosigningKey("w9.example", here.secret._secret)
    return Cosigned((key.cosign(_of(note), int(time.time())).removesuffix("\n"),))


HOSTILE: dict[str, Callable[[Here, str], Answer]] = {
    "another origin": lambda here, note: _cosigned(
        here, _of(note).replace("spe.example", "x.example"), time.time()
    ),
    "a smaller tree": lambda here, note: _cosigned(here, _of(note).replace("\n20\n", "\n10\n"), time.time()),
    "in the future": lambda here, note: _cosigned(here, _of(note), time.time() + 86_400),
    "at the end of time": lambda here, note: _cosigned(here, _of(note), 2**63 - 1),
    "of last year": lambda here, note: _cosigned(here, _of(note), time.time() - 3e7),
    "by another key of its name": lambda here, note: Cosigned(
        (CosigningKey(here.name, bytes(32)).cosign(_of(note), int(time.time())).removesuffix("\n"),)
    ),
    "under another name": _renamed,
    "twice": lambda here, note: Cosigned(_cosigned(here, _of(note), time.time()).lines * 2),
    "nothing": lambda _here, _note: Cosigned(()),
    "no line": lambda here, _note: Cosigned((f"\u2014 {here.name} !!!!",)),
    "no signature line": lambda _here, _note: Cosigned(("hello",)),
    "500": lambda _here, _note: Refused(500),
    "302": lambda _here, _note: Refused(302),
    "404": lambda _here, _note: Refused(404),
    "403": lambda _here, _note: Refused(403),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_what_a_hostile_witness_answers_is_not_kept(log: Log, what: str) -> None:
    size = log.grow(20)
    here = log.witnesses[0]
    here.says = lambda note: HOSTILE[what](here, note)
    with pytest.raises(Unreachable):
        log.cosigner().step()
    assert log.here.log.cosignatures(size) == ()
    with pytest.raises(Unreachable):
        log.cosigning().check(2, 30)


def test_an_older_cosignature_of_its_own_is_no_answer(log: Log) -> None:
    log.grow(20)
    log.cosigner().step()
    (older,) = log.here.log.cosignatures(20)
    log.grow(5)
    log.witnesses[0].says = lambda _note: Cosigned((older.removesuffix("\n"),))
    with pytest.raises(Unreachable, match="does not verify"):
        log.cosigner().step()


def test_a_witness_that_names_another_size_each_time_is_given_up_on(log: Log) -> None:
    log.grow(20)
    sizes = iter(range(1, 20))
    log.witnesses[0].says = lambda _note: Knows(next(sizes))
    with pytest.raises(Unreachable, match="another size each time"):
        log.cosigner().step()
    assert log.witnesses[0].asked == 4


def test_a_liar_stops_the_start_and_never_the_work(log: Log) -> None:
    size = log.grow(20)
    log.witnesses[0].says = lambda _note: Knows(2**62)
    with pytest.raises(IntegrityFailure, match=r"w1\.example"):
        log.cosigning().check(1, 30)
    cosigning = log.cosigning()
    cosigning.start()
    try:
        cover = WaitingCover(log.here.log, log.quorum(1), KEY.public, patience=30)
        assert cover.cover(witnessed=True) == size
    finally:
        cosigning.close()


def test_a_witness_that_changes_its_mind_again_and_again_fills_no_log(log: Log) -> None:
    """Each entry that it causes is another checkpoint to ask about: without a limit it would go on by itself."""
    heard: list[Contradicted] = []
    here = log.witnesses[0]
    moods = itertools.cycle([Knows(10**9), Refused(500), None])

    def moody(note: str) -> Answer:
        mood = next(moods)
        return mood if mood is not None else _cosigned(here, _of(note), time.time())

    def alarm(found: Contradicted) -> None:
        heard.append(found)
        cosigning.wake(log.grow())

    here.says = moody
    cosigning = Cosigning([log.cosigner()], alarm)
    began = time.monotonic()
    cosigning.start()
    try:
        for _ in range(12):
            asked = here.asked
            cosigning.wake(log.grow())
            until(lambda asked=asked: here.asked > asked)  # type: ignore[misc]
        # One a minute, and a busy machine may take longer than one for all this.
        assert 1 <= len(heard) <= 1 + (time.monotonic() - began) / 60
    finally:
        cosigning.close()
