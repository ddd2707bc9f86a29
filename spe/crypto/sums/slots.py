"""Numbers into slots and back: the roll first, then the values; bounds are judged before anything is encoded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from spe.crypto.sums.parameters import PARAMETERS
from spe.errors import IntegrityFailure, Malformed

Numbers = NDArray[np.int64]
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


def packed(values: Numbers, place: int) -> Iterator[Numbers]:
    """Yield the slots of each ciphertext of the contributor at `place` of the roll."""
    if not 0 <= place < _ROLL:
        raise OutOfBounds(f"a roll has {_ROLL} places")
    for start in range(0, len(values), _PER_CIPHERTEXT):
        slots = np.zeros(PARAMETERS.degree, np.int64)
        slots[place] = 1
        part = values[start : start + _PER_CIPHERTEXT]
        slots[_ROLL : _ROLL + len(part)] = part
        yield slots


def unpacked(opened: Sequence[Numbers], values: int, places: Sequence[int]) -> Numbers:
    """Return the values of an opened sum; `NoSum` unless every ciphertext holds exactly these contributors.

    The slots behind the last value must be empty. Under another key all slots are random: that 64 of them are the
    expected ones happens with a chance below 2^-2000.
    """
    if len(opened) != PARAMETERS.ciphertexts(values):
        raise NoSum("the sum has another number of ciphertexts")
    roll = np.zeros(_ROLL, np.int64)
    for place in places:
        roll[place] += 1
    if not all(np.array_equal(slots[:_ROLL], roll) for slots in opened):
        raise NoSum("the roll of the sum is not that of its contributors")
    found = np.concatenate([slots[_ROLL:] for slots in opened])
    if found[values:].any():
        raise NoSum("the sum has numbers where nobody puts any")
    return found[:values]
