"""The secret half of a key in shares: sealed under a random key of 32 bytes that is split, k of n.

A holder has one share; the sealed half may lie anywhere. Where k shares meet (`ceremony`), the key is whole.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from spe.crypto import canonical
from spe.crypto.guarded import Guarded
from spe.crypto.sums import shamir
from spe.errors import Malformed

LARGEST_SECRET = 80_000
_LARGEST = 512


class SecretShare(Guarded):
    """One holder's share of one key: nothing by itself, and nothing with k - 2 others."""

    __slots__ = ("_value", "k", "key", "n", "number")

    def __init__(self, key: str, number: int, k: int, n: int, value: int) -> None:
        fits = 2 <= k <= n <= shamir.MOST_SHARES and 1 <= number <= n and 0 <= value < shamir.PRIME
        if not fits:
            raise Malformed("not a share of a key")
        self.key, self.number, self.k, self.n, self._value = key, number, k, n, value

    def reveal(self) -> bytes:
        """Return the share as bytes, to be kept in a private file or sealed to one reader, nowhere else."""
        fields = {
            "k": self.k,
            "key": self.key,
            "n": self.n,
            "number": self.number,
            "value": f"{self._value:x}",
        }
        return canonical.encode(fields)

    @staticmethod
    def read(data: bytes) -> SecretShare:
        """Return the share that `reveal` wrote; `Malformed` for anything else."""
        fields = canonical.parse_object(data, _LARGEST)
        try:
            number, k, n = (_number(fields[name]) for name in ("number", "k", "n"))
            share = SecretShare(str(fields["key"]), number, k, n, int(str(fields["value"]), 16))
        except (KeyError, ValueError):
            raise Malformed("not a share of a key") from None
        if share.reveal() != data:
            raise Malformed("not a share of a key")
        return share

    def point(self) -> tuple[int, int]:
        """Return the share as a point of the polynomial."""
        return self.number, self._value


def _number(value: canonical.Json) -> int:
    if type(value) is not int:
        raise Malformed("not a share of a key")
    return value


@dataclass(frozen=True, slots=True)
class SealedSecret:
    """The secret half under a key that nobody has whole; public by itself."""

    data: bytes

    def __post_init__(self) -> None:
        if not 0 < len(self.data) <= LARGEST_SECRET:
            raise Malformed("not a sealed key")

    def __repr__(self) -> str:
        return f"SealedSecret({self.sha256[:16]})"

    @property
    def sha256(self) -> str:
        """SHA-256 of the bytes, which holders certify."""
        return hashlib.sha256(self.data).hexdigest()
