"""Puts an object of some MiB into a bucket and reads it back, and says by how many MiB its own memory grew meanwhile."""

from __future__ import annotations

import hashlib
import resource
import sys
from pathlib import Path
from urllib.parse import urlsplit

from spe.adapters.journal import Journal
from spe.adapters.objects import SealedObjects
from spe.adapters.s3_calls import Calls, Place
from spe.adapters.s3_store import S3Store
from spe.crypto.key_files import KeyFiles
from tests.services.s3_server import BUCKET, SECRETS


def peak() -> int:
    """Return the most memory that this process ever had, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def main(url: str, folder: Path, mebibytes: int) -> None:
    """Do both, after an object of one byte has loaded what has to be loaded."""
    keys = KeyFiles(folder / "keys", bytes(range(32)))
    keys.create("s")
    access, secret = SECRETS.values()
    place = Place(
        endpoint=urlsplit(url),
        bucket=BUCKET,
        region="us-east-1",
        access_key=access,
        secret_key=secret,
        patience=60,
    )
    vault = SealedObjects(S3Store(Calls(place), "large/"), keys, Journal(folder / "journals", "openings"))
    vault.put("small", "s", [b"x"])
    before = peak()
    piece = bytes(range(256)) * 4096
    digest = vault.put("large", "s", (piece for _ in range(mebibytes)))
    read = hashlib.sha256()
    for part in vault.open("large", "s"):
        read.update(part)
    if read.hexdigest() != digest:
        raise SystemExit("other bytes came back")
    vault.remove("large")
    print(peak() - before)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
