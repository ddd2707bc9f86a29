"""Numbers into slots and back: the roll first, then the values; bounds are judged before anything is encoded.

A contributor puts a secret tag into its own place of the roll, another one in each ciphertext, and the opener is told
which. So a sum opens only if it holds every contributor's ciphertexts once, in their places: whoever copies a
stranger's ciphertext into its own doubles a tag that it doesn't know.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from spe.crypto.sums.parameters import PARAMETERS
from spe.errors import IntegrityFailure, Malformed

Numbers = NDArray[np.int64]
SEED_BYTES = 32
_ROLL = PARAMETERS.most_sites
_PER_CIPHERTEXT = PARAMETERS.data_slots


class OutOfBounds(Malformed):
    """A value is not a whole number within the bounds that were agreed for its place."""

    title = "A value is out of its agreed bounds"


class NoSum(IntegrityFailure):
    """What was opened is not the sum of the named contributions: another key, an altered or a foreign ciphertext."""

    title = "The opened numbers are not the sum"


def whole_numbers(values: Sequence[int] | Numbers) -> Numbers:
    """Return `values` as 64-bit numbers; `OutOfBounds` for fractions, truth values, NaN, and what is larger."""
    if not isinstance(values, np.ndarray) and any(type(value) is not int for value in values):
        raise OutOfBounds("a value is not a whole number")
    try:
        found = np.asarray(values) if len(values) else np.zeros(0, np.int64)
        if found.ndim != 1 or found.dtype != np.int64:
            raise OutOfBounds("values are a list of whole numbers of 64 bits")
    except OverflowError:
        raise OutOfBounds("a value has more than 64 bits") from None
    return found


def within(values: Numbers, low: Numbers, high: Numbers) -> Numbers:
    """Return `values` if each lies in its bounds; `OutOfBounds` names the first place that doesn't, never the value."""
    if not values.shape == low.shape == high.shape:
        raise OutOfBounds(f"there are {len(values)} values for {len(low)} places")
    outside = (values < low) | (values > high)
    if outside.any():
        raise OutOfBounds(f"the value at place {int(outside.argmax())} is out of its bounds")
    return values


def new_tag_seed() -> bytes:
    """Return the 32 random bytes of which one contribution's tags are made; the opener alone is told."""
    return os.urandom(SEED_BYTES)


def tags(seed: bytes, ciphertexts: int) -> list[int]:
    """Return the tag of each ciphertext, from 1 to 2^35 - 1: below half the plain modulus."""
    if len(seed) != SEED_BYTES:
        raise OutOfBounds("a seed of tags has 32 bytes")
    made = (hmac.digest(seed, b"spe tag 1" + at.to_bytes(4, "big"), "sha256") for at in range(ciphertexts))
    return [int.from_bytes(digest[:16], "big") % ((1 << 35) - 1) + 1 for digest in made]


def packed(values: Numbers, place: int, seed: bytes) -> Iterator[Numbers]:
    """Yield the slots of each ciphertext of the contributor at `place` of the roll."""
    if not 0 <= place < _ROLL:
        raise OutOfBounds(f"a roll has {_ROLL} places")
    for at, tag in enumerate(tags(seed, PARAMETERS.ciphertexts(len(values)))):
        slots = np.zeros(PARAMETERS.degree, np.int64)
        slots[place] = tag
        part = values[at * _PER_CIPHERTEXT : (at + 1) * _PER_CIPHERTEXT]
        slots[_ROLL : _ROLL + len(part)] = part
        yield slots


def unpacked(opened: Sequence[Numbers], values: int, seeds: Mapping[int, bytes]) -> Numbers:
    """Return the values of an opened sum; `NoSum` unless every ciphertext holds exactly the contributors of `seeds`.

    `seeds` are by place. Slots behind the last value must be empty. Under another key all slots are random: that 64 of
    them are the expected ones happens with a chance below 2^-2000.
    """
    if len(opened) != PARAMETERS.ciphertexts(values):
        raise NoSum("the sum has another number of ciphertexts")
    rolls = np.zeros((len(opened), _ROLL), np.int64)
    for place, seed in seeds.items():
        rolls[:, place] = tags(seed, len(opened))
    if not all(np.array_equal(slots[:_ROLL], roll) for slots, roll in zip(opened, rolls, strict=True)):
        raise NoSum("the roll of the sum is not that of its contributors")
    found = np.concatenate([slots[_ROLL:] for slots in opened])
    if found[values:].any():
        raise NoSum("the sum has numbers where nobody puts any")
    return found[:values]
