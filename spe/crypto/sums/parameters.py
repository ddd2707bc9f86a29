"""The one set of parameters of encrypted sums: 128-bit security by SEAL's own table, exact, additions only."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from functools import cached_property

from spe.crypto import canonical


@dataclass(frozen=True)
class ParameterSet:
    """`degree` slots a ciphertext, coefficients below `modulus`, exact sums between -`plain`/2 and `plain`/2.

    `modulus` is the first prime that SEAL makes of `chain` (bits); the second serves for switching keys only and is
    in no ciphertext. The first `most_sites` slots of each ciphertext are the roll: contributor number i puts a
    tag into slot i, so that an opened sum shows who is in it and that it was opened with the right key.
    """

    name: str
    degree: int
    chain: tuple[int, ...]
    modulus: int
    plain: int
    most_sites: int

    @property
    def data_slots(self) -> int:
        """Values that one ciphertext carries."""
        return self.degree - self.most_sites

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all of it: bound into everything that is made under this set."""
        return hashlib.sha256(canonical.encode({**asdict(self), "modulus": str(self.modulus)})).hexdigest()

    def ciphertexts(self, values: int) -> int:
        """Return how many ciphertexts carry so many values."""
        return -(-values // self.data_slots)

    def fits(self, bound: int, sites: int) -> bool:
        """Say whether the sum of `sites` numbers of at most `bound` in size can't wrap."""
        return bound >= 0 and 0 < sites <= self.most_sites and 2 * sites * bound < self.plain


PARAMETERS = ParameterSet(
    name="bfv-4096-54-36",
    degree=4096,
    chain=(54, 55),
    modulus=18_014_398_509_309_953,
    plain=68_719_403_009,
    most_sites=64,
)
