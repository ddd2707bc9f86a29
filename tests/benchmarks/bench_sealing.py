"""Sealing against a plain copy: the same chunk loop, the same sync and rename, ratio of throughputs.

    python -m tests.benchmarks.bench_sealing [FOLDER]

Rounds run A-B-B-A (A seals, B copies); both arms' results are compared before anything is timed. FOLDER (a fresh one
under the system's temporary folder if none is given) decides which disk is measured. Aim: at least 0.6.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from spe.crypto.private_files import write_whole
from spe.crypto.sealed import SEGMENT_BYTES
from spe.crypto.sealed_files import read_sealed, seal_file, unseal_file
from tests.benchmarks.rounds import ROUNDS, seconds, spread, there_and_back

MEGABYTES = 256
AIM = 0.6
KEY = bytes(range(32))
BIND = b"benchmark"


def chunks(source: Path) -> Iterator[bytes]:
    """Yield a file in the chunks that sealing reads."""
    with source.open("rb", buffering=0) as file:
        while chunk := os.read(file.fileno(), SEGMENT_BYTES):
            yield chunk


def ratios(ours: Callable[[], None], plain: Callable[[], None]) -> list[float]:
    """Return, per round, plain time over our time."""
    arms = [partial(seconds, ours), partial(seconds, plain)]
    rounds = (there_and_back(arms) for _ in range(ROUNDS))
    return [other / own for own, other in rounds]


def report(name: str, values: list[float]) -> None:
    """Print one line with median, interval, and every round."""
    found = spread(values)
    verdict = "met" if found.low >= AIM else "missed" if found.high < AIM else "not decided"
    rounds = " ".join(f"{value:.2f}" for value in values)
    print(f"{name}: {found}, aim {AIM}: {verdict} [{rounds}]")


def main(folder: Path) -> None:
    """Measure sealing and unsealing to `folder`, synced."""
    source, closed, copy = folder / "source", folder / "closed", folder / "copy"
    dice = random.Random(0)
    write_whole(source, (dice.randbytes(1 << 20) for _ in range(MEGABYTES)))
    seal_file(source, closed, KEY, BIND)
    if b"".join(read_sealed(closed, KEY, BIND)) != source.read_bytes():
        raise SystemExit("the two arms do not give the same bytes")
    print(
        f"{MEGABYTES} MB in chunks of {SEGMENT_BYTES} bytes, fsync and rename in both arms, {ROUNDS} rounds"
    )

    def copied() -> None:
        write_whole(copy, chunks(source))

    report("sealing / plain copy", ratios(lambda: seal_file(source, closed, KEY, BIND), copied))
    report("unsealing / plain copy", ratios(lambda: unseal_file(closed, copy, KEY, BIND), copied))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as made:
        main(Path(made))
