"""Appending by our committer, by a hand-written insert of the same rows, and to a synced file; by 1, 8 and 32 writers.

Run `python -m tests.benchmarks.bench_append [rounds]`. A Change is what a use case commits: one new record, one entry, one
fact. First the rows that our committer leaves are inserted by hand, and both databases must be equal. Both are SQLite with WAL
and synchronous=FULL. Where strace is installed it counts each arm's syncs, so that a rate bought by not syncing shows,
and then holds each sync of each arm back by 1.6 ms, as a disk of a slower kind would.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from tests.benchmarks.append_arms import Arm, ByHand, Ours, Synced, taped
from tests.benchmarks.rounds import ROUNDS, Rounds, calibrated

ARMS = (Ours, ByHand, Synced)
WRITERS = (1, 8, 32)
SECONDS = 0.35
LATER = 1600
_SLOW = tuple((arm, writers) for writers in (1, 32) for arm in (Ours, ByHand))
_SLOW_ROUNDS = 3
_SYNC_CALLS = "fsync,fdatasync"
_SYNCS = re.compile(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+).*sync$", re.MULTILINE)


def per_second(arm: Arm, writers: int, seconds: float = SECONDS) -> float:
    """Return how many a second `writers` threads, each waiting for its answer, get written."""
    before, began = arm.written(), time.perf_counter()
    done = [0] * writers

    def write(at: int) -> None:
        while time.perf_counter() < began + seconds:
            arm.one()
            done[at] += 1

    threads = [threading.Thread(target=write, args=(at,)) for at in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    assert arm.written() - before == sum(done) > 0
    return sum(done) / took


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        like = taped(Path(name))
        print("by hand the same rows are there; journal_mode=wal synchronous=full in both")
        made = [arm(Path(name) / arm.__name__, like) for arm in ARMS]
        found = calibrated([partial(per_second, arm, n) for n in WRITERS for arm in made], rounds)
    for at, n in enumerate(WRITERS):
        for which, arm in enumerate(made):
            print(f"  {n:2} writers, {arm.title:26} {found.arm(3 * at + which):8,.0f}/s")
        print(
            f"  {n:2} writers, ours / by hand      {found.ratio(3 * at, 3 * at + 1)}{'  (aim 0.85)' * (n == 1)}"
        )
    for at, n in ((1, 8), (2, 32)):
        print(f"  ours, {n:2} writers / one         {found.ratio(3 * at, 0)}{'  (aim 8)' * (n == 32)}")
    if shutil.which("strace"):
        for arm_, n in ((arm_, n) for n in (1, 32) for arm_ in ARMS):
            print(f"  {n:2} writers, {arm_.title:26} {counted(arm_.__name__, n)}")
        slow()
    print(found)
    found.check()


def counted(arm: str, writers: int) -> str:
    """Return the syncs that strace counts while one arm writes, less those of its set-up."""
    (nothing, _, before), (written, _, after) = (traced(arm, writers, seconds) for seconds in ("0", "1"))
    assert nothing == 0
    return f"{after - before} syncs for {written:.0f}, {(after - before) / written:.3f} each"


def slow() -> None:
    """Print the rates and ratios where every sync, of every arm, ends 1.6 ms later than it would."""
    delay = ("--seccomp-bpf", "-e", f"inject={_SYNC_CALLS}:delay_exit={LATER}")
    seen = [[traced(arm.__name__, n, "1", more=delay)[1] for arm, n in _SLOW] for _ in range(_SLOW_ROUNDS)]
    found = Rounds(seen, [True] * len(seen))
    print(f"syncs held back by {LATER} us, {len(seen)} rounds: {found}")
    for at, (arm, n) in enumerate(_SLOW):
        print(f"  {n:2} writers, {arm.title:26} {found.arm(at):8,.0f}/s")
    print(f"   1 writers, ours / by hand      {found.ratio(0, 1)}")
    print(f"  ours, 32 writers / one         {found.ratio(2, 0)}  (aim 8)")


def traced(*arm: object, more: Sequence[str] = ()) -> tuple[float, float, int]:
    """Return how many one arm wrote in a process of its own, how many a second, and by how many syncs."""
    trace = ["strace", "-f", "-c", "-e", f"trace={_SYNC_CALLS}", *more]
    line = [*trace, sys.executable, "-m", __spec__.name, "--arm", *map(str, arm)]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    written, rate = map(float, done.stdout.split())
    return written, rate, sum(map(int, _SYNCS.findall(done.stderr)))


def alone(name: str, writers: int, seconds: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        like = taped(Path(folder))
        arm = {arm.__name__: arm for arm in ARMS}[name](Path(folder) / name, like)
        rate = per_second(arm, writers, seconds) if seconds else 0.0
        print(arm.written(), rate)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--arm"]:
        alone(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
