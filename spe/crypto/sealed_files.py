"""Sealed files on disk: written durably and in one step, read in constant memory."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from spe.crypto.private_files import write_whole
from spe.crypto.sealed import HEADER_BYTES, SEALED_SEGMENT_BYTES, SEGMENT_BYTES, seal, unseal
from spe.errors import NotFound


def write_sealed(target: Path, chunks: Iterable[bytes], key: bytes, bind: bytes) -> None:
    """Seal the chunks into `target` (0600); nothing is there before everything is, synced to the disk."""
    write_whole(target, seal(chunks, key, bind))


def read_sealed(source: Path, key: bytes, bind: bytes) -> Iterator[bytes]:
    """Yield the content of a sealed file, each piece authenticated; see `unseal` for what ends it early."""
    return unseal(pieces_of(source, SEALED_SEGMENT_BYTES, first=HEADER_BYTES), key, bind)


def seal_file(source: Path, target: Path, key: bytes, bind: bytes) -> None:
    """Seal the file `source` into `target`; `NotFound` when there is no `source`."""
    write_sealed(target, pieces_of(source, SEGMENT_BYTES, first=SEGMENT_BYTES), key, bind)


def unseal_file(source: Path, target: Path, key: bytes, bind: bytes) -> None:
    """Write the content of `source` to `target` (0600) only if all of it is authentic.

    Else `target` stays as it was.
    """
    write_whole(target, read_sealed(source, key, bind))


def pieces_of(source: Path, size: int, first: int) -> Iterator[bytes]:
    """Yield a file in pieces of `size` bytes, the first of `first`; `NotFound` when there is no such file."""
    try:
        file = source.open("rb", buffering=0)
    except FileNotFoundError:
        raise NotFound("there is no such sealed file") from None
    with file:
        chunk = os.read(file.fileno(), first)
        while chunk:
            yield chunk
            chunk = os.read(file.fileno(), size)
