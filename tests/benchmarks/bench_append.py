"""Appending by our committer, by a hand-written insert of the same rows, and to a synced file; by 1, 8 and 32 writers.

Run `python -m tests.benchmarks.bench_append [rounds]`. A Change is what a use case commits: one new record, one entry, one
fact. First the rows that our committer leaves are inserted by hand, and both databases must be equal. Both are SQLite with WAL
and synchronous=FULL. Where strace is installed it counts each arm's syncs, so that a rate bought by not syncing shows.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from functools import partial
from pathlib import Path

from tests.benchmarks.append_arms import Arm, ByHand, Ours, Synced, taped
from tests.benchmarks.rounds import ROUNDS, calibrated

ARMS = (Ours, ByHand, Synced)
WRITERS = (1, 8, 32)
SECONDS = 0.35
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
    print(found)
    found.check()


def counted(arm: str, writers: int) -> str:
    """Return the syncs that strace counts while one arm writes, less those of its set-up."""
    (nothing, before), (written, after) = (traced(arm, writers, seconds) for seconds in ("0", "1"))
    assert nothing == 0
    return f"{after - before} syncs for {written}, {(after - before) / written:.3f} each"


def traced(*arm: object) -> tuple[int, int]:
    trace = ["strace", "-f", "-c", "-e", "trace=fsync,fdatasync"]
    line = [*trace, sys.executable, "-m", __spec__.name, "--arm", *map(str, arm)]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    return int(done.stdout), sum(map(int, _SYNCS.findall(done.stderr)))


def alone(name: str, writers: int, seconds: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        like = taped(Path(folder))
        arm = {arm.__name__: arm for arm in ARMS}[name](Path(folder) / name, like)
        if seconds:
            per_second(arm, writers, seconds)
        print(arm.written())


if __name__ == "__main__":
    if sys.argv[1:2] == ["--arm"]:
        alone(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
