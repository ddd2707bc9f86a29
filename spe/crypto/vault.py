"""The vault: sealed objects by name, each under the data key of a scope; who lacks the key has only noise."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Protocol

from spe.errors import IntegrityFailure


class AlreadyKept(IntegrityFailure):
    """Something else is kept under the name already: what was sealed once is not replaced."""

    title = "Something else is kept under this name"


class Vault(Protocol):
    """Keeps sealed objects; the name is bound into the seal, so that no object passes for another."""

    def put(self, name: str, scope: str, chunks: Iterable[bytes]) -> str:
        """Seal `chunks` as `name`, once, and return the plain bytes' SHA-256; the same bytes again change nothing.

        `AlreadyKept`: other bytes are kept under that name. `BrokenSeal`: what is kept there is not what was sealed.
        """
        ...

    def open(self, name: str, scope: str) -> Iterator[bytes]:
        """Yield the object's plain bytes; `NotFound` without it or its key, `IntegrityFailure` when altered."""
        ...

    def remove(self, name: str) -> None:
        """Remove the object; removing what is not there changes nothing."""
        ...


def put_anew(vault: Vault, name: str, scope: str, chunks: Iterable[bytes]) -> str:
    """Put an object in the place of what an earlier attempt may have left, which no record names yet."""
    vault.remove(name)
    return vault.put(name, scope, chunks)


def whole(vault: Vault, name: str, scope: str) -> bytes:
    """Return a small object's plain bytes in one piece."""
    return b"".join(vault.open(name, scope))


def verified(chunks: Iterable[bytes], sha256: str) -> Iterator[bytes]:
    """Yield `chunks`; raise `IntegrityFailure` at their end unless they are the bytes with this SHA-256."""
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
        yield chunk
    if digest.hexdigest() != sha256:
        raise IntegrityFailure("the object is not the one whose digest was recorded")
