"""32 committers against one, on SQLite with WAL and synchronous=FULL; prints ratios, never a gate.

Run `python -m tests.benchmarks.bench_committers [rounds]`. A Change is what a use case commits: one new record, one entry, one
fact. Rounds go A-B-B-A (A: 32 threads, B: one), each arm for at least 0.3 s; two calibration arms run in every round, and a
round in which one of them is more than 20 % off its median is left out. Reported is the median of the rounds' ratios with a
bootstrap 95 % interval. Where strace is installed, it counts the syncs of each arm, so that a rate bought by not syncing shows.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from hashlib import sha256
from itertools import count
from pathlib import Path
from statistics import median

from sqlalchemy import text

from spe.audit.change import Change, Fact, Put
from spe.consent.model import Ledger
from tests.unit.adapters.database.place import Installed, entry, installed

MANY, ROUNDS, SECONDS, AIM = 32, 15, 0.35, 4.0
_NUMBERS = count()


def one_change() -> Change:
    id_ = f"h-{next(_NUMBERS):09d}"
    return Change(entries=(entry(id_),), puts=(Put(Ledger(id_, 1), 0),), facts=(Fact("k", id_, {"n": 1}),))


def commits_per_second(here: Installed, threads: int, seconds: float = SECONDS) -> float:
    """Return the rate at which `threads` that each wait for their answer get them."""
    end, done = time.perf_counter() + seconds, [0] * threads

    def commit(at: int) -> None:
        while time.perf_counter() < end:
            here.committer.commit(one_change())
            done[at] += 1

    started = time.perf_counter()
    workers = [threading.Thread(target=commit, args=(at,)) for at in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return sum(done) / (time.perf_counter() - started)


def hashing() -> float:
    started = time.perf_counter()
    sha256(bytes(10_000_000)).digest()
    return time.perf_counter() - started


def syncing(folder: Path) -> float:
    started = time.perf_counter()
    with (folder / "calibration").open("wb", buffering=0) as file:
        for _ in range(200):
            file.write(b"x" * 100)
            os.fdatasync(file.fileno())
    return time.perf_counter() - started


def interval(values: list[float]) -> str:
    chance = random.Random(1)
    medians = sorted(median(chance.choices(values, k=len(values))) for _ in range(2000))
    return f"{median(values):.2f}  [{medians[50]:.2f}, {medians[1949]:.2f}]"


def steady(values: list[float]) -> list[bool]:
    middle = median(values)
    return [abs(value - middle) <= 0.2 * middle for value in values]


def kept(rounds: list[tuple[float, float]], *calibrations: list[float]) -> list[tuple[float, float]]:
    """Return the rounds in which the machine was as fast as it mostly is."""
    fine = [all(one) for one in zip(*map(steady, calibrations), strict=True)]
    return [pair for pair, ok in zip(rounds, fine, strict=True) if ok]


def warm_up(here: Installed, threads: int) -> None:
    """Check, before anything is timed, that this arm leaves a record for every entry."""
    rate = commits_per_second(here, threads)
    with here.engine.connect() as connection:
        records = connection.execute(text("SELECT count(*) FROM ledger")).scalar_one()
    assert records == here.log.head().size > 0
    print(f"warm-up, {threads}: {rate:,.0f} commits/s")


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as name, installed(Path(name)) as here:
        for threads in (1, MANY):
            warm_up(here, threads)
        with here.engine.connect() as connection:
            modes = [
                connection.execute(text(f"PRAGMA {mode}")).scalar()
                for mode in ("journal_mode", "synchronous")
            ]
        seen: list[tuple[float, float]] = []
        hashes: list[float] = []
        syncs: list[float] = []
        for _ in range(rounds):
            hashes.append(hashing())
            syncs.append(syncing(Path(name)))
            first, second, third, fourth = (commits_per_second(here, n) for n in (MANY, 1, 1, MANY))
            seen.append(((first + fourth) / 2, (second + third) / 2))
    fine = kept(seen, hashes, syncs)
    print(
        f"journal_mode={modes[0]} synchronous={modes[1]}; {len(fine)} of {rounds} rounds kept; 200 syncs {median(syncs) * 1000:.0f} ms"
    )
    for name_, arm in (("32 committers", 0), ("one committer", 1)):
        print(f"  {name_:14} {median([pair[arm] for pair in seen]):8,.0f} commits/s")
    for which, pairs in (("kept", fine), ("all", seen)):
        if pairs:
            print(f"  32 / 1, {which:4} rounds  {interval([many / one for many, one in pairs])}  (aim {AIM})")
    print("  rounds:", " ".join(f"{many:.0f}/{one:.0f}" for many, one in seen))


def counted(threads: int) -> str:
    """Return syncs per commit of one arm, counted by strace."""
    line = [
        "strace",
        "-f",
        "-c",
        "-e",
        "trace=fsync,fdatasync",
        sys.executable,
        "-m",
        __spec__.name,
        "--arm",
        str(threads),
    ]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    syncs = sum(
        int(found)
        for found in re.findall(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+).*sync$", done.stderr, re.MULTILINE)
    )
    commits = int(done.stdout)
    return f"{syncs} syncs for {commits} commits, {syncs / commits:.3f} each"


def arm(threads: int) -> None:
    with tempfile.TemporaryDirectory() as name, installed(Path(name)) as here:
        commits_per_second(here, threads, 1.0)
        print(here.log.head().size)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--arm"]:
        arm(int(sys.argv[2]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
        if shutil.which("strace"):
            for threads in (MANY, 1):
                print(f"  {threads} committers: {counted(threads)} (set-up included)")
