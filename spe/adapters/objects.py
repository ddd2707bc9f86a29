"""The vault as sealed files in one folder."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from spe.adapters.journal import Journal
from spe.crypto.data_keys import DataKeys
from spe.crypto.private_files import make_private_folder, sync_folder
from spe.crypto.sealed_files import read_sealed, write_sealed
from spe.errors import Unreachable

JOURNALS = "journals"
OPENINGS = "openings"
_ABANDONED = 3600.0


class SealedFolder:
    """`Vault` over `folder`; a file's name is the hash of its object's name, which is bound into the seal.

    Each opening is a line in a journal before the first byte is read: `journal`, or else one beside the folder.
    """

    def __init__(self, folder: Path, keys: DataKeys, journal: Journal | None = None) -> None:
        with _unreachable("the object store can't be opened"):
            make_private_folder(folder)
            _sweep(folder, time.time() - _ABANDONED)
        self._folder = folder
        self._keys = keys
        self._journal = journal or Journal(folder.parent / JOURNALS, OPENINGS, sync=True)

    def put(self, name: str, scope: str, chunks: Iterable[bytes]) -> str:
        """Seal `chunks` as `name`, replacing what was there, and return the plain bytes' SHA-256."""
        digest = hashlib.sha256()

        def hashed() -> Iterator[bytes]:
            for chunk in chunks:
                digest.update(chunk)
                yield chunk

        with _unreachable("the object store can't be written, so nothing was done"):
            write_sealed(self._path(name), hashed(), self._keys.get(scope), name.encode())
        return digest.hexdigest()

    def open(self, name: str, scope: str) -> Iterator[bytes]:
        """Yield the object's plain bytes; `NotFound` without it or its key, `IntegrityFailure` when altered."""
        key = self._keys.get(scope)

        def pieces() -> Iterator[bytes]:
            self._journal.write(object=self._path(name).name, scope=scope_digest(scope), pid=os.getpid())
            with _unreachable("the object store can't be read"):
                yield from read_sealed(self._path(name), key, name.encode())

        return pieces()

    def remove(self, name: str) -> None:
        """Remove the object; removing what is not there changes nothing."""
        with _unreachable("the object store can't be written, so nothing was removed"):
            self._path(name).unlink(missing_ok=True)
            sync_folder(self._folder)

    def _path(self, name: str) -> Path:
        return self._folder / hashlib.sha256(name.encode()).hexdigest()


def scope_digest(scope: str) -> str:
    """Return how a journal names a scope."""
    return hashlib.sha256(scope.encode()).hexdigest()


@contextmanager
def _unreachable(message: str) -> Iterator[None]:
    try:
        yield
    except OSError as cause:
        raise Unreachable(message) from cause


def _sweep(folder: Path, before: float) -> None:
    """Remove parts that whoever wrote them left behind when it was killed: nobody has written to them for long."""
    for part in folder.glob(".*.part"):
        try:
            if part.stat().st_mtime < before:
                part.unlink(missing_ok=True)
        except FileNotFoundError:
            continue
