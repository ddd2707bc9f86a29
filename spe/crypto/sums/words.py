"""Ciphertexts on the wire: 2 x 4096 coefficients of seven bytes, nothing else, so that there is nothing to parse.

A SEAL object would bring headers, sizes, compression and a scale of the sender's choice. Here a ciphertext has one
length, 57,344 bytes, and every coefficient is judged before it is used. Three planes (the low four bytes of all
coefficients, the next two, the highest one; little-endian) are quicker to put together than bytes in turn.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spe.crypto.sums.parameters import PARAMETERS
from spe.errors import Malformed

Words = NDArray[np.uint64]

COEFFICIENTS = 2 * PARAMETERS.degree
BYTES = 7 * COEFFICIENTS
_MIDDLE, _HIGH = 4 * COEFFICIENTS, 6 * COEFFICIENTS
_MODULUS = np.uint64(PARAMETERS.modulus)


class NoCiphertext(Malformed):
    """Bytes that no encryption makes: another length, a coefficient too large, or one that hides nothing."""

    title = "Not a ciphertext"


def to_bytes(words: Words) -> bytes:
    """Return the 57,344 bytes of a ciphertext's 8,192 coefficients."""
    low, middle, high = words.astype("<u4"), (words >> np.uint64(32)).astype("<u2"), words >> np.uint64(48)
    return low.tobytes() + middle.tobytes() + high.astype(np.uint8).tobytes()


def from_bytes(data: bytes | memoryview) -> Words:
    """Return the coefficients of a ciphertext; `NoCiphertext` for whatever `to_bytes` gives of none."""
    if len(data) != BYTES:
        raise NoCiphertext(f"a ciphertext has {BYTES} bytes, not {len(data)}")
    words = np.frombuffer(data, np.uint8, COEFFICIENTS, _HIGH).astype(np.uint64)
    words <<= np.uint64(16)
    words |= np.frombuffer(data, "<u2", COEFFICIENTS, _MIDDLE)
    words <<= np.uint64(32)
    words |= np.frombuffer(data, "<u4", COEFFICIENTS)
    return checked(words)


def checked(words: Words) -> Words:
    """Return `words` if they can be a ciphertext; `NoCiphertext` otherwise.

    One whose second half is all noughts is transparent: its first half would be the plain numbers.
    """
    if words.shape != (COEFFICIENTS,) or words.dtype != np.uint64:
        raise NoCiphertext("a ciphertext has 8192 coefficients")
    if words.max() >= _MODULUS:
        raise NoCiphertext("a coefficient is not below the modulus")
    if not words[PARAMETERS.degree :].any():
        raise NoCiphertext("the ciphertext is transparent")
    return words
