"""Appending to PostgreSQL by our committer and by a hand-written insert of the same rows; by 1, 8 and 32 writers.

Run `python -m tests.benchmarks.bench_append_postgres [rounds]`; it needs PostgreSQL's programs. The server is a new one over the disk,
with its own settings, reached by its socket. First the rows that our committer leaves are inserted by hand, and both
databases must be equal; both commit with synchronous_commit and fsync on. Beside them is our committer on SQLite.
"""

from __future__ import annotations

import sys
import tempfile
from functools import partial
from pathlib import Path

from tests.benchmarks.append_arms import Arm, ByHand, Ours, taped
from tests.benchmarks.bench_append import WRITERS, per_second
from tests.benchmarks.rounds import ROUNDS, calibrated
from tests.services.postgres import postgres_server

SECONDS = 0.7


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as name, postgres_server(tempfile.gettempdir()) as server:
        folder = Path(name)
        urls = [server.url(server.made()) for _ in range(4)]
        like = taped(folder, (urls[0], urls[1]))
        print("by hand the same rows are there; synchronous_commit=on fsync=on in both")
        arms: tuple[Arm, ...] = (
            Ours(folder / "a", like, urls[2]),
            ByHand(folder / "b", like, urls[3]),
            Ours(folder / "c", like),
        )
        found = calibrated([partial(per_second, arm, n, SECONDS) for n in WRITERS for arm in arms], rounds)
    titles = ("our committer", "hand-written Core insert", "our committer on SQLite")
    for at, n in enumerate(WRITERS):
        for which, title in enumerate(titles):
            print(f"  {n:2} writers, {title:26} {found.arm(3 * at + which):8,.0f}/s")
        aim = "  (aim 0.85)" * (n == 1)
        print(f"  {n:2} writers, ours / by hand      {found.ratio(3 * at, 3 * at + 1)}{aim}")
    print(f"  ours, 32 writers / one         {found.ratio(6, 0)}  (aim 5)")
    print(found)
    found.check()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
