"""One key for all tests of encrypted numbers, and what sites and opener do with it, by one engine for all tests."""

from __future__ import annotations

import atexit
from collections.abc import Sequence
from typing import Final, NamedTuple

from spe.crypto.sums.adding import Total
from spe.crypto.sums.engine import Engine
from spe.crypto.sums.keys import PublicSet
from spe.crypto.sums.parameters import PARAMETERS
from spe.crypto.sums.shares import SealedSecret, SecretShare
from spe.crypto.sums.slots import Numbers, packed, unpacked, whole_numbers

ENGINE: Final = Engine()
atexit.register(ENGINE.close)


class Key(NamedTuple):
    """A key with all of its shares."""

    public: PublicSet
    sealed: SealedSecret
    shares: tuple[SecretShare, ...]


def made() -> Key:
    """Return a new key, of which two of three shares open."""
    return Key(*ENGINE.deal(2, 3))


KEY: Final = made()


def seed(place: int) -> bytes:
    """Return the seed of a place's tags."""
    return bytes([place]) * 32


def contribution(values: Sequence[int] | Numbers, place: int, key: Key = KEY) -> bytes:
    """Return what the site at `place` sends."""
    return ENGINE.encrypt(key.public, packed(whole_numbers(values), place, seed(place)))


def added(contributions: Sequence[bytes], values: int) -> bytes:
    """Return the sum of contributions."""
    total = Total(PARAMETERS.ciphertexts(values))
    for one in contributions:
        total.add(one)
    return total.to_bytes()


def opened(total: bytes, values: int, places: Sequence[int], key: Key = KEY) -> Numbers:
    """Return the numbers of a sum."""
    slots, _ = ENGINE.open(key.public, key.sealed, key.shares[:2], total)
    return unpacked(slots, values, {place: seed(place) for place in places})
