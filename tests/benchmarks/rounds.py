"""Comparing on a noisy machine: arms in turn there and back (A-B-B-A), calibrated rounds, medians with intervals."""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from statistics import median
from typing import Any

ROUNDS = 15
_OFF = 0.2
_MOST_DISCARDED = 0.25


@dataclass(frozen=True, slots=True)
class Spread:
    """A median and its bootstrap 95 % interval."""

    middle: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.middle:.2f} [{self.low:.2f}, {self.high:.2f}]"


def seconds(work: Callable[[], Any]) -> float:
    """Return how long `work` takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def spread(values: Sequence[float]) -> Spread:
    """Return the median of `values` with its interval."""
    chance = random.Random(1)
    medians = sorted(median(chance.choices(values, k=len(values))) for _ in range(2000))
    return Spread(median(values), medians[50], medians[1949])


def there_and_back(arms: Sequence[Callable[[], float]]) -> list[float]:
    """Run the arms in order and in reverse, and return each one's mean."""
    there = [arm() for arm in arms]
    back = [arm() for arm in reversed(arms)]
    return [(one + other) / 2 for one, other in zip(there, reversed(back), strict=True)]


@dataclass(frozen=True, slots=True)
class Rounds:
    """What each arm gave in each round, and in which rounds the machine was as fast as it mostly is."""

    seen: list[list[float]]
    steady: list[bool]

    def arm(self, at: int) -> float:
        """Return the median of one arm over the steady rounds."""
        return median(row[at] for row in self._kept())

    def ratio(self, arm: int, other: int) -> Spread:
        """Return the median of the steady rounds' ratios of two arms."""
        return spread([row[arm] / row[other] for row in self._kept()])

    def check(self) -> None:
        """End the benchmark as failed where the machine was too unsteady for its figures to mean anything."""
        if self.steady.count(False) > _MOST_DISCARDED * len(self.steady):
            raise SystemExit(
                f"{self.steady.count(False)} of {len(self.steady)} rounds were unsteady: no result"
            )

    def __str__(self) -> str:
        rounds = ", ".join("/".join(f"{value:.0f}" for value in row) for row in self.seen)
        return f"{self.steady.count(True)} of {len(self.steady)} rounds kept; all of them: {rounds}"

    def _kept(self) -> list[list[float]]:
        kept = [row for row, steady in zip(self.seen, self.steady, strict=True) if steady]
        return kept or self.seen


def calibrated(arms: Sequence[Callable[[], float]], rounds: int = ROUNDS, *, disk: bool = True) -> Rounds:
    """Run the arms in rounds, and in each also a hash of 10 MB and, for arms that use the disk, 200 synced appends.

    A round in which one of these is more than 20 % off its median over all rounds is left out.
    """
    seen, hashes, syncs = [], [], []
    with tempfile.TemporaryDirectory() as name:
        for _ in range(rounds):
            hashes.append(seconds(_hashing))
            syncs.append(seconds(lambda: _syncing(Path(name) / "calibration")) if disk else 1.0)
            seen.append(there_and_back(arms))
    return Rounds(seen, [all(both) for both in zip(_steady(hashes), _steady(syncs), strict=True)])


def _hashing() -> None:
    sha256(bytes(10_000_000)).digest()


def _syncing(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        for _ in range(200):
            file.write(b"x" * 100)
            os.fdatasync(file.fileno())


def _steady(values: list[float]) -> list[bool]:
    middle = median(values)
    return [abs(value - middle) <= _OFF * middle for value in values]
