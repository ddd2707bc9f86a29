"""What it costs to be covered by a signed checkpoint, and what the signer costs whoever appends.

Run `python -m tests.benchmarks.bench_cover [rounds]`. `Cover.cover()` is timed after an append: in the worker, which signs itself
(fresh, and with a log whose newest tile is nearly full), and in the API, which waits for the signer in a process of its own.
Then 32 writers append beside that signer (A) and without it (B), A-B-B-A, over calibrated rounds.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import median

from spe.adapters.database.engine import open_database
from spe.adapters.database.log import DatabaseLog
from spe.audit.cover import Cover, NoQuorum, WaitingCover
from spe.crypto.signing import SigningKey, StatementKind
from spe.worker.checkpoints import CheckpointSigner, Signing, SigningCover
from tests.benchmarks.append_arms import Ours
from tests.benchmarks.bench_append import per_second
from tests.benchmarks.rounds import ROUNDS, calibrated, seconds

KEY = SigningKey(StatementKind.CHECKPOINT, "spe.example/benchmark", bytes(32))
ASKED = 200


def signing(log: DatabaseLog) -> Signing:
    return Signing(CheckpointSigner(log, KEY))


@contextmanager
def signer_beside(folder: Path) -> Iterator[None]:
    """Have a process of its own sign the log of `folder`, as the worker does."""
    line = [sys.executable, "-m", __spec__.name, "--sign", str(folder)]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield
        finally:
            process.stdin.close()
            assert process.wait() == 0


def sign(folder: Path) -> None:
    """Sign until standard input ends."""
    engine = open_database(f"sqlite:///{folder}/spe.db")
    signer = signing(DatabaseLog(engine))
    signer.start()
    print("signing", flush=True)
    sys.stdin.read()
    signer.close()
    assert signer.failure is None


def asked(ours: Ours, cover: Cover) -> str:
    """Append and ask for cover, many times over; return what the asking took."""
    took = []
    for _ in range(ASKED):
        ours.one()
        size = ours.log.head().size
        began = time.perf_counter()
        assert cover.cover() >= size
        took.append((time.perf_counter() - began) * 1000)
        assert ours.log.checkpoint_state().signed >= size
    return f"median {median(took):.1f} ms, 95th percentile {sorted(took)[int(0.95 * len(took))]:.1f} ms"


def beside(ours: Ours, folder: Path) -> float:
    with signer_beside(folder):
        rate = per_second(ours, 32)
        waiting(ours).cover()
    return rate


def waiting(ours: Ours) -> WaitingCover:
    return WaitingCover(ours.log, NoQuorum(ours.log, KEY.public), KEY.public)


def main(rounds: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "ours"
        ours = Ours(folder)
        own = signing(ours.log)
        own.signer.begin()
        print(f"  cover in the worker, which signs   {asked(ours, SigningCover(own, waiting(ours)))}")
        with signer_beside(folder):
            print(f"  cover in the API, which waits      {asked(ours, waiting(ours))}")
        found = calibrated([partial(beside, ours, folder), partial(per_second, ours, 32)], rounds)
        own.signer.begin()
        print(f"  signing 100 new entries            {hundred(ours, own):.1f} ms")
    print(f"  32 writers, beside the signer / without   {found.ratio(0, 1)}")
    print(found)
    found.check()


def hundred(ours: Ours, own: Signing) -> float:
    took = []
    for _ in range(ASKED // 10):
        for _ in range(100):
            ours.one()
        took.append(seconds(own.now) * 1000)
    return median(took)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--sign"]:
        sign(Path(sys.argv[2]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
