"""One key for all tests of encrypted sums, and what sites and opener do with it."""

from __future__ import annotations

from collections.abc import Sequence

from spe.crypto.sums.adding import Total
from spe.crypto.sums.bfv import Encryptor, PublicSet, SecretKey, generate
from spe.crypto.sums.parameters import PARAMETERS
from spe.crypto.sums.slots import Numbers, packed, unpacked, whole_numbers
from spe.crypto.sums.words import BYTES, from_bytes, to_bytes


def made() -> tuple[PublicSet, SecretKey]:
    """Return a new key, whole."""
    public, secret = generate()
    return public, SecretKey(secret)


PUBLIC, SECRET = made()
ENCRYPTOR = Encryptor(PUBLIC)


def contribution(values: Sequence[int], place: int, encryptor: Encryptor = ENCRYPTOR) -> bytes:
    """Return what the site at `place` sends."""
    slots = packed(whole_numbers(values), place)
    return b"".join(to_bytes(encryptor.encrypt(one)) for one in slots)


def added(contributions: Sequence[bytes], values: int) -> bytes:
    """Return the sum of contributions."""
    total = Total(PARAMETERS.ciphertexts(values))
    for one in contributions:
        total.add(one)
    return total.to_bytes()


def opened(total: bytes, values: int, places: Sequence[int], secret: SecretKey = SECRET) -> Numbers:
    """Return the numbers of a sum."""
    pieces = [total[at : at + BYTES] for at in range(0, len(total), BYTES)]
    return unpacked([secret.decrypt(from_bytes(piece)) for piece in pieces], values, places)
