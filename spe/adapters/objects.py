"""The vault as sealed files in one folder."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from spe.crypto.data_keys import DataKeys
from spe.crypto.private_files import make_private_folder, sync_folder
from spe.crypto.sealed_files import read_sealed, write_sealed
from spe.errors import Unreachable


class SealedFolder:
    """`Vault` over `folder`; a file's name is the hash of its object's name, which is bound into the seal."""

    def __init__(self, folder: Path, keys: DataKeys) -> None:
        make_private_folder(folder)
        self._folder = folder
        self._keys = keys

    def put(self, name: str, scope: str, chunks: Iterable[bytes]) -> str:
        """Seal `chunks` as `name`, replacing what was there, and return the plain bytes' SHA-256."""
        digest = hashlib.sha256()

        def hashed() -> Iterator[bytes]:
            for chunk in chunks:
                digest.update(chunk)
                yield chunk

        try:
            write_sealed(self._path(name), hashed(), self._keys.get(scope), name.encode())
        except OSError as cause:
            raise Unreachable("the object store can't be written, so nothing was done") from cause
        return digest.hexdigest()

    def open(self, name: str, scope: str) -> Iterator[bytes]:
        """Yield the object's plain bytes; `NotFound` without it or its key, `IntegrityFailure` when altered."""
        return read_sealed(self._path(name), self._keys.get(scope), name.encode())

    def remove(self, name: str) -> None:
        """Remove the object; removing what is not there changes nothing."""
        self._path(name).unlink(missing_ok=True)
        sync_folder(self._folder)

    def _path(self, name: str) -> Path:
        return self._folder / hashlib.sha256(name.encode()).hexdigest()
