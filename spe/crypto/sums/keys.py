"""The public half of a key, and what is no key; nothing here can hold a secret, and nothing loads TenSEAL."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from spe.crypto.sums.seal import is_public_half
from spe.errors import IntegrityFailure

LARGEST_PUBLIC = 160_000


class NoKey(IntegrityFailure):
    """Bytes are not a key of this parameter set, or hold another half of it than they may."""

    title = "Not a key for encrypted sums"


@dataclass(frozen=True, slots=True)
class PublicSet:
    """The public half of a key: all that sites and aggregator ever have. It can't be made of bytes with a secret."""

    context: bytes

    def __post_init__(self) -> None:
        if not 0 < len(self.context) <= LARGEST_PUBLIC or not is_public_half(self.context):
            raise NoKey("a public set holds a public key of these parameters, and nothing else")

    def __repr__(self) -> str:
        return f"PublicSet({self.key})"

    @property
    def sha256(self) -> str:
        """SHA-256 of the bytes, which holders certify."""
        return hashlib.sha256(self.context).hexdigest()

    @property
    def key(self) -> str:
        """The key's name: 32 hexadecimal digits of the digest."""
        return self.sha256[:32]
