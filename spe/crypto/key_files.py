"""Data keys as 0600 files in one folder, each wrapped under a master key that lives elsewhere.

Overwriting a file reaches the old bytes only where the file system writes in place: a copy may survive in a
snapshot or on flash. What holds in any case is that the copy opens only with the master key.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spe.crypto.data_keys import NoDataKey
from spe.crypto.keyed import KEY_BYTES, derived, new_key, unwrap, wrap
from spe.crypto.private_files import (
    make_private_folder,
    overwrite,
    read_private,
    sync_folder,
    write_new,
)
from spe.errors import Unreachable


def create_master_key(path: Path) -> None:
    """Put a new random master key at `path` (0600) unless one is there; for the set-up only."""
    make_private_folder(path.parent)
    write_new(path, new_key())


def read_master_key(path: Path) -> bytes:
    """Return the 32-byte master key; `Unreachable` when missing, loosely kept or of another size."""
    key = read_private(path)
    if len(key) != KEY_BYTES:
        raise Unreachable(f"{path.name} is not a master key")
    return key


class KeyFiles:
    """`DataKeys` over `folder`.

    File names are hashes of scopes, and a destroyed scope leaves an empty marker.
    """

    def __init__(self, folder: Path, master: bytes) -> None:
        make_private_folder(folder)
        self._folder = folder
        self._master = master

    def create(self, scope: str) -> bytes:
        """Return the scope's key, made now if there is none; `NoDataKey` once it was destroyed."""
        if not self.exists(scope):
            with _or_unreachable():
                write_new(self._file(scope), wrap(self._master, new_key(), scope.encode()))
        # A destruction that ran meanwhile wins: its marker was there before our file could be.
        if self._marker(scope).exists():
            self.destroy(scope)
        return self.get(scope)

    def get(self, scope: str) -> bytes:
        """Return the scope's key; `NoDataKey` if there is none, `IntegrityFailure` if it does not open."""
        if not self.exists(scope):
            raise NoDataKey("the data key was destroyed or never made")
        return unwrap(self._master, read_private(self._file(scope)), scope.encode())

    def destroy(self, scope: str) -> None:
        """Mark the scope, overwrite its key, remove it, and sync the folder; safe to repeat after a crash."""
        file = self._file(scope)
        with _or_unreachable():
            write_new(self._marker(scope), b"")
            if file.exists():
                overwrite(file)
                file.unlink(missing_ok=True)
                sync_folder(self._folder)

    def exists(self, scope: str) -> bool:
        """Say whether the scope has a key now."""
        return self._file(scope).exists() and not self._marker(scope).exists()

    def label(self, name: str) -> str:
        """Return 64 hexadecimal digits for an object's name, always the same; without the key nobody finds it by them."""
        return hmac.digest(derived(self._master, b"object labels"), name.encode(), "sha256").hex()

    def _file(self, scope: str) -> Path:
        return self._folder / f"{hashlib.sha256(scope.encode()).hexdigest()[:32]}.key"

    def _marker(self, scope: str) -> Path:
        return self._file(scope).with_suffix(".destroyed")


@contextmanager
def _or_unreachable() -> Iterator[None]:
    """Turn what the file system refuses into the error of a part that can't be had."""
    try:
        yield
    except OSError as cause:
        raise Unreachable(f"the key folder can't be written: {cause.strerror}") from cause
