"""Adding ciphertexts: coefficients modulo q, which is all that BFV addition is; no key, no library of encryption.

Tests hold every sum against TenSEAL's own. The aggregator's process loads nothing that could decrypt.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from spe.crypto.sums import words as wire
from spe.crypto.sums.parameters import PARAMETERS
from spe.crypto.sums.words import BYTES, COEFFICIENTS, NoCiphertext, Words

_MODULUS = np.uint64(PARAMETERS.modulus)
# Coefficients have 54 bits: so many fit into 64 before they must be reduced.
_UNREDUCED = 1 << 10


class Total:
    """The running sum of contributions of one shape; its size depends on the shape and never on who contributes."""

    __slots__ = ("_rows", "_since", "_sites")

    def __init__(self, ciphertexts: int) -> None:
        self._rows: Words = np.zeros((ciphertexts, COEFFICIENTS), np.uint64)
        self._since = 0
        self._sites = 0

    @property
    def size(self) -> int:
        """Bytes of one contribution, and of the sum."""
        return len(self._rows) * BYTES

    def add(self, contribution: bytes | bytearray | memoryview) -> None:
        """Add a whole contribution, or none of it: `NoCiphertext` leaves the sum as it was."""
        data = memoryview(contribution)
        if len(data) != self.size:
            raise NoCiphertext(f"the contribution has {len(data)} bytes instead of {self.size}")
        if self._sites == PARAMETERS.most_sites:
            raise NoCiphertext(f"a sum has at most {PARAMETERS.most_sites} contributions")
        added = 0
        try:
            for at in range(len(self._rows)):
                self._rows[at] += wire.from_bytes(data[at * BYTES : (at + 1) * BYTES])
                added += 1
        except NoCiphertext:
            self._take_back(data, added)
            raise
        self._sites += 1
        self._settle()

    def _take_back(self, data: memoryview, rows: int) -> None:
        for at in range(rows):
            self._rows[at] -= wire.from_bytes(data[at * BYTES : (at + 1) * BYTES])

    def _settle(self) -> None:
        self._since += 1
        if self._since == _UNREDUCED - 1:
            np.mod(self._rows, _MODULUS, out=self._rows)
            self._since = 1

    def pieces(self) -> Iterator[bytes]:
        """Yield the sum's ciphertexts in their wire form."""
        for row in self._rows:
            yield wire.to_bytes(row % _MODULUS)

    def to_bytes(self) -> bytes:
        """Return the sum in its wire form, as long as one contribution."""
        return b"".join(self.pieces())
