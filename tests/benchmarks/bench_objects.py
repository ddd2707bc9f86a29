"""Putting and getting a sealed object of 256 MB in a bucket against bare copies of the plain bytes by the SDK.

    python -m tests.benchmarks.bench_objects [ROUNDS]

The same moto server on loopback for all arms: ours (sealed, looked for before and after, one part at a time), boto3 with one
thread and the same parts, and boto3 as it comes (ten threads). Rounds run there and back; all arms' results are compared
before anything is timed. Aim: at least 0.6 of the one-threaded copy's throughput, as for sealing on a disk.
"""

from __future__ import annotations

import hashlib
import io
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import boto3
from boto3.s3.transfer import TransferConfig

from spe.adapters.journal import Journal
from spe.adapters.objects import SealedObjects
from spe.adapters.s3_calls import Calls
from spe.adapters.s3_store import PART_BYTES, S3Store
from spe.crypto.key_files import KeyFiles
from tests.benchmarks.rounds import seconds, spread, there_and_back
from tests.services.s3_server import BUCKET, SECRETS, S3Server, s3_server

MEBIBYTES = 256
AIM = 0.6
PIECE = random.Random(0).randbytes(1 << 20)
Arm = tuple[Callable[[], None], Callable[[], None]]
DIGEST = hashlib.sha256(PIECE * MEBIBYTES).hexdigest()


class Sink(io.RawIOBase):
    """Counts what is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.size = 0

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, _whence: int = 0) -> int:
        return offset

    def write(self, data: Any) -> int:
        self.size += len(data)
        return len(data)


def pieces() -> Iterator[bytes]:
    """Yield the object."""
    for _ in range(MEBIBYTES):
        yield PIECE


def arms(server: S3Server, folder: Path) -> dict[str, Arm]:
    """Return for each arm how it puts and how it gets."""
    one = TransferConfig(use_threads=False, multipart_threshold=PART_BYTES, multipart_chunksize=PART_BYTES)
    return {
        "ours": ours(server, folder),
        "boto3, one thread": bare(server, folder, one),
        "boto3, as it comes": bare(server, folder, TransferConfig()),
    }


def ours(server: S3Server, folder: Path) -> Arm:
    """Return how we put and get."""
    keys = KeyFiles(folder / "keys", bytes(range(32)))
    keys.create("s")
    vault = SealedObjects(
        S3Store(Calls(server.place(patience=120))), keys, Journal(folder / "journals", "openings")
    )

    def put() -> None:
        vault.remove("ours")
        if vault.put("ours", "s", pieces()) != DIGEST:
            raise SystemExit("other bytes were put")

    def get() -> None:
        read = hashlib.sha256()
        for piece in vault.open("ours", "s"):
            read.update(piece)
        if read.hexdigest() != DIGEST:
            raise SystemExit("other bytes came back")

    return put, get


def bare(server: S3Server, folder: Path, config: TransferConfig) -> Arm:
    """Return how the SDK copies a file there, and what is there to nowhere."""
    access, secret = SECRETS.values()
    client = boto3.client(
        "s3",
        region_name="us-east-1",
        endpoint_url=server.url,
        aws_access_key_id=access,
        aws_secret_access_key=secret,
    )
    source = folder / "source"
    source.write_bytes(b"".join(pieces()))

    def put() -> None:
        client.upload_file(str(source), BUCKET, "bare", Config=config)

    def get() -> None:
        there = Sink()
        client.download_fileobj(BUCKET, "bare", there, Config=config)
        if there.size != MEBIBYTES << 20:
            raise SystemExit("another length came back")

    return put, get


def main(rounds: int) -> None:
    """Measure each direction."""
    with tempfile.TemporaryDirectory() as name, s3_server(Path(name)) as server:
        made = arms(server, Path(name))
        for put, get in made.values():
            put()
            get()
        for at, direction in enumerate(("put", "get")):
            measured = [
                there_and_back([partial(seconds, arm[at]) for arm in made.values()]) for _ in range(rounds)
            ]
            for column, other in list(enumerate(made))[1:]:
                ratios = [row[column] / row[0] for row in measured]
                print(f"{direction}, ours / {other}: {spread(ratios)} of its throughput", flush=True)
            print(f"  seconds: {' '.join('/'.join(f'{value:.1f}' for value in row) for row in measured)}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
