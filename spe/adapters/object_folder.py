"""Sealed objects as files in one private folder."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from spe.crypto.private_files import make_private_folder, sync_folder, write_once
from spe.crypto.sealed import HEADER_BYTES, SEALED_SEGMENT_BYTES
from spe.crypto.sealed_files import pieces_of
from spe.errors import Unreachable

_ABANDONED: Final = 3600.0


class FolderStore:
    """`ObjectStore` over `folder` (0700), a file (0600) for each object."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with _unreachable("the object store can't be opened"):
            make_private_folder(folder)

    def path(self, label: str) -> Path:
        """Return the file of an object."""
        return self._folder / label

    def put(self, label: str, chunks: Iterable[bytes]) -> bool:
        """Keep the joined chunks as `label` where nothing is kept so, and say whether they were; synced to the disk."""
        with _unreachable("the object store can't be written, so nothing was done"):
            return not os.path.lexists(self.path(label)) and write_once(self.path(label), chunks)

    def get(self, label: str) -> Iterator[bytes]:
        """Yield what is kept as `label`, a segment at a time; `NotFound` where nothing is."""
        with _unreachable("the object store can't be read"):
            yield from pieces_of(self.path(label), SEALED_SEGMENT_BYTES, first=HEADER_BYTES)

    def remove(self, label: str) -> None:
        """Remove what is kept as `label`; where nothing is, nothing changes."""
        with _unreachable("the object store can't be written, so nothing was removed"):
            self.path(label).unlink(missing_ok=True)
            sync_folder(self._folder)

    def probe(self) -> None:
        """Return if the folder can be written to; `Unreachable` where it can't."""
        if not os.access(self._folder, os.R_OK | os.W_OK | os.X_OK):
            raise Unreachable("the object store's folder can't be used")

    def tried(self) -> str:
        """Say that the folder can be used."""
        self.probe()
        return f"the folder {self._folder}"

    def sweep(self) -> int:
        """Remove parts that nobody has written to for an hour."""
        before, swept = time.time() - _ABANDONED, 0
        with _unreachable("the object store can't be opened"):
            for part in self._folder.glob(".*.part"):
                swept += _removed(part, before)
        return swept

    def close(self) -> None:
        """Do nothing: nothing is open."""


def _removed(part: Path, before: float) -> bool:
    try:
        if part.stat().st_mtime >= before:
            return False
        part.unlink()
    except FileNotFoundError:
        return False
    return True


@contextmanager
def _unreachable(message: str) -> Iterator[None]:
    try:
        yield
    except OSError as cause:
        raise Unreachable(message) from cause
