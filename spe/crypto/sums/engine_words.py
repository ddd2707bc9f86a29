"""The words between a process and its engine, and numbers as they pass."""

from __future__ import annotations

import numpy as np

from spe.crypto.sums.slots import Numbers

DEAL, ENCRYPT, OPEN = 1, 2, 3
ANSWER, FAILED = 100, 101


def numbers_of(data: bytes) -> Numbers:
    """Return numbers as they were before `bytes_of`."""
    return np.frombuffer(data, "<i8").astype(np.int64)


def bytes_of(numbers: Numbers) -> bytes:
    """Return numbers as eight bytes each, little-endian."""
    return numbers.astype("<i8").tobytes()
