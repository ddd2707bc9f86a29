"""Attack A8: a log that signs two histories, and asks a witness to cosign both.

Expected: what a witness cosigned is one history, whatever it is asked, in whatever order, over restarts.
"""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import pytest

from spe.witness.judge import Status, Witness
from tests.unit.witness.growing import GrowingLog, request, witness


@pytest.fixture(autouse=True)
def _unsynced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Don't wait for the disk: no process and no machine ends here."""
    monkeypatch.setattr(os, "fsync", lambda _handle: None)


class Seen:
    """Every head that a witness cosigned, with the leaves under it: all must be of one history."""

    def __init__(self) -> None:
        self.leaves: list[bytes] = []

    def add(self, log: GrowingLog, size: int) -> None:
        leaves = log.leaves[:size]
        assert leaves[: len(self.leaves)] == self.leaves
        self.leaves = leaves


def tried(here: Witness, log: GrowingLog, old: int, size: int, seen: Seen) -> Status:
    answer = here.add(log.asks(min(old, size), size))
    if answer.status is Status.COSIGNED:
        seen.add(log, size)
    return answer.status


def seeds(quick: int, full: int) -> list[Any]:
    """Return numbers to begin with, those after the first few for the soak test only."""
    return [*range(quick), *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(quick, full))]


@pytest.mark.parametrize("seed", seeds(2, 10))
def test_of_a_hundred_forks_none_is_cosigned(tmp_path: Path, seed: int) -> None:
    """Ten seeds: 1,000 forks in all, asked for with every honest or dishonest proof that the log can make."""
    chance = random.Random(seed)
    cosigned = 0
    for fork in range(100):
        here, seen = witness(tmp_path / str(fork)), Seen()
        true = GrowingLog().grow(chance.randint(2, 40))
        cosigned += tried(here, true, 0, len(true.leaves), seen) is Status.COSIGNED
        known = len(true.leaves)
        other = true.fork(chance.randrange(known)).grow(chance.randint(1, 40), "other")
        if len(other.leaves) < known:
            other.grow(known - len(other.leaves) + chance.randint(0, 3), "other")
        for _ in range(6):
            size = chance.choice([known, chance.randint(known, len(other.leaves)), len(other.leaves)])
            assert tried(here, other, chance.choice([0, known, size]), size, seen) is not Status.COSIGNED
            mixed = request(known, true.fork(known).grow(9).proof(known), other.checkpoint(size))
            assert here.add(mixed).status is not Status.COSIGNED
        if chance.random() < 0.5:
            assert (
                tried(witness(tmp_path / str(fork)), other, known, len(other.leaves), seen)
                is not Status.COSIGNED
            )
    assert cosigned == 100
    print(f"A8 0 of 100 forks cosigned, seed {seed}")


@pytest.mark.parametrize("seed", seeds(2, 20))
def test_over_any_history_all_that_is_cosigned_is_one_history(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    for history in range(40):
        place, seen = tmp_path / str(history), Seen()
        here, logs = witness(place), [GrowingLog().grow(3)]
        for _ in range(40):
            log = chance.choice(logs)
            match chance.randrange(6):
                case 0:
                    log.grow(chance.randint(1, 9), str(len(logs)))
                case 1 if len(logs) < 5:
                    logs.append(log.fork(chance.randrange(len(log.leaves))).grow(2, f"f{len(logs)}-"))
                case 2:
                    here = witness(place)
                case _:
                    size = chance.randint(1, len(log.leaves))
                    tried(here, log, chance.choice([len(seen.leaves), 0, size]), size, seen)
