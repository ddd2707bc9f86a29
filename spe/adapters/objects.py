"""The vault over a store of sealed objects, wherever that is; the store sees labels and ciphertext only."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from spe.adapters.journal import Journal
from spe.adapters.object_folder import FolderStore
from spe.crypto.data_keys import DataKeys
from spe.crypto.object_store import ObjectStore
from spe.crypto.sealed import seal, unseal
from spe.crypto.vault import AlreadyKept
from spe.errors import NotFound, Unreachable

JOURNALS = "journals"
OPENINGS = "openings"


class SealedObjects:
    """`Vault` over `store`; an object's name is bound into its seal, and the store knows a keyed digest of it.

    Each opening is a line in `journal` before the first byte is read.
    """

    def __init__(self, store: ObjectStore, keys: DataKeys, journal: Journal) -> None:
        self.store, self._keys, self._journal = store, keys, journal

    def put(self, name: str, scope: str, chunks: Iterable[bytes]) -> str:
        """Seal `chunks` as `name`, once, and return the plain bytes' SHA-256; the same bytes again change nothing.

        `AlreadyKept`: other bytes are kept under that name. `BrokenSeal`: what is kept there is not what was sealed.
        """
        key, label, digest = self._keys.get(scope), self._keys.label(name), hashlib.sha256()

        def hashed() -> Iterator[bytes]:
            for chunk in chunks:
                digest.update(chunk)
                yield chunk

        plain = hashed()
        if self.store.put(label, seal(plain, key, name.encode())):
            return digest.hexdigest()
        for _ in plain:
            pass  # what the store had no use for counts for the digest all the same
        if self._kept(label, key, name) != digest.hexdigest():
            raise AlreadyKept("other bytes are kept under this name, and what is sealed once is not replaced")
        return digest.hexdigest()

    def open(self, name: str, scope: str) -> Iterator[bytes]:
        """Yield the object's plain bytes; `NotFound` without it or its key, `IntegrityFailure` when altered."""
        key = self._keys.get(scope)

        def pieces() -> Iterator[bytes]:
            self._journal.write(object=digest_of(name), scope=digest_of(scope), pid=os.getpid())
            yield from unseal(self.store.get(self._keys.label(name)), key, name.encode())

        return pieces()

    def remove(self, name: str) -> None:
        """Remove the object; removing what is not there changes nothing."""
        self.store.remove(self._keys.label(name))

    def _kept(self, label: str, key: bytes, name: str) -> str:
        """Return the SHA-256 of what is kept: compared here and shown to nobody, so it is no opening."""
        digest = hashlib.sha256()
        try:
            for piece in unseal(self.store.get(label), key, name.encode()):
                digest.update(piece)
        except NotFound:
            raise Unreachable("the object store says that a name is taken, and has nothing there") from None
        return digest.hexdigest()


class SealedFolder(SealedObjects):
    """The vault as sealed files in one folder, its journal beside it where none is given."""

    def __init__(self, folder: Path, keys: DataKeys, journal: Journal | None = None) -> None:
        store = FolderStore(folder)
        store.sweep()
        super().__init__(store, keys, journal or Journal(folder.parent / JOURNALS, OPENINGS, sync=True))


def digest_of(name: str) -> str:
    """Return how a journal names an object or a scope."""
    return hashlib.sha256(name.encode()).hexdigest()
