"""A witness that is killed at any step: what it said it knows, and what it knows it never contradicts."""

from __future__ import annotations

import http.client
import random
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from spe.errors import Unreachable
from spe.witness.folder import WitnessFolder
from spe.witness.main import init
from tests.unit.witness.growing import KEY, NAME, OTHER, GrowingLog
from tests.witnesses import Running, made, running

_NO_ANSWER = (http.client.HTTPException, OSError)


@pytest.mark.parametrize(("when", "known"), [("before", 10), ("while", 10), ("after", 20)])
def test_killed_around_keeping_it_comes_back_with_what_was_kept_and_goes_on(
    tmp_path: Path, when: str, known: int
) -> None:
    log, folder = GrowingLog().grow(20), tmp_path / "w1"
    key = made(folder, NAME, KEY.public)
    program = (sys.executable, "-m", "tests.attacks.witness_child", when, "2")
    with running(folder, key, program=program) as here:
        assert here.add(log.asks(0, 10))[0] == 200
        with pytest.raises(_NO_ANSWER):
            here.add(log.asks(10))
        assert here.process.wait(30) == -9
    fork = log.fork(known - 1).grow(30, "other")
    with running(folder, key) as here:
        stale = here.add(log.asks(30 - known))
        assert stale == (409, "text/x.tlog.size", f"{known}\n".encode())
        assert here.add(fork.asks(known))[0] == 422
        assert here.add(log.asks(known))[0] == 200


def seen_while(here: Running, log: GrowingLog, known: int, chance: random.Random) -> int:
    """Ask on until there is no answer; return the largest size that was cosigned."""
    while True:
        size = min(known + chance.randint(1, 9), len(log.leaves))
        try:
            status, _, body = here.add(log.asks(known, size))
        except _NO_ANSWER:
            return known
        known = size if status == 200 else max(known, int(body))


@pytest.mark.parametrize("deaths", [4, pytest.param(200, marks=pytest.mark.soak)])
def test_killed_at_any_moment_it_forgets_nothing_that_it_answered(tmp_path: Path, deaths: int) -> None:
    log, folder, known, chance = GrowingLog().grow(4000), tmp_path / "w1", 0, random.Random(deaths)
    key = made(folder, NAME, KEY.public)
    for _ in range(deaths):
        with running(folder, key) as here:
            status, _, body = here.add(log.asks(0, max(known, 1)))
            kept = int(body) if status == 409 else max(known, 1)
            assert kept >= known
            fork = log.fork(kept - 1).grow(5, "other")
            assert here.add(fork.asks(kept))[0] == 422
            killer = threading.Timer(chance.uniform(0.01, 0.3), here.process.kill)
            killer.start()
            known = seen_while(here, log, kept, chance)
            killer.join()
    assert known > 0
    print(f"A8 {deaths} kills of a witness, nothing forgotten up to size {known}")


@pytest.mark.parametrize("races", [5, pytest.param(500, marks=pytest.mark.soak)])
def test_of_histories_that_race_for_one_witness_one_is_cosigned(tmp_path: Path, races: int) -> None:
    folder = tmp_path / "w1"
    key = made(folder, NAME, KEY.public)
    with running(folder, key) as here:
        log = GrowingLog().grow(3)
        assert here.add(log.asks(0))[0] == 200
        for race in range(races):
            known = len(log.leaves)
            logs = [log.fork(known).grow(1 + at, f"{race}-{at}-") for at in range(8)]
            together = threading.Barrier(len(logs))

            def ask(one: GrowingLog, known: int = known, together: threading.Barrier = together) -> int:
                together.wait()
                return here.add(one.asks(known))[0]

            with ThreadPoolExecutor(len(logs)) as pool:
                answers = list(pool.map(ask, logs))
            assert sorted(answers) == [200] + [409] * 7
            log = logs[answers.index(200)]
        assert here.add(log.asks(len(log.leaves)))[0] == 200
    print(f"A8 {races} races of 8 histories, one cosigned each time")


def test_a_second_process_can_not_cosign_even_where_somebody_removes_what_lies_in_the_folder(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "w1"
    key = made(folder, NAME, KEY.public)
    with running(folder, key) as here:
        assert here.add(GrowingLog().grow(3).asks(0))[0] == 200
        for left in folder.glob("*lock*"):
            left.unlink()
        with pytest.raises(Unreachable, match="another process"), WitnessFolder(folder).alone():
            pass
        with pytest.raises(Unreachable, match="another process"):
            init(folder, NAME, (OTHER.public,))
