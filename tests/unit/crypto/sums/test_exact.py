"""Sums are exact, and don't wrap within their bounds."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spe.crypto.sums.adding import Total
from spe.crypto.sums.parameters import PARAMETERS
from spe.crypto.sums.slots import NoSum
from spe.crypto.sums.words import BYTES
from spe.errors import Malformed
from tests import sumkeys as keys

LARGEST = (PARAMETERS.plain - 1) // 2 // PARAMETERS.most_sites


@given(st.integers(1, 6), st.integers(1, 9000), st.integers(0, 2**32))
@settings(max_examples=15)
def test_a_sum_is_the_sum(sites: int, length: int, seed: int) -> None:
    dice = np.random.default_rng(seed)
    values = dice.integers(-LARGEST, LARGEST, (sites, length), endpoint=True)
    total = keys.added([keys.contribution(one.tolist(), at) for at, one in enumerate(values)], length)
    assert (keys.opened(total, length, range(sites)) == values.sum(axis=0)).all()


def test_as_many_sites_as_there_may_be_at_both_ends_of_the_bounds() -> None:
    assert PARAMETERS.fits(LARGEST, PARAMETERS.most_sites)
    assert not PARAMETERS.fits(LARGEST + 1, PARAMETERS.most_sites)
    for value in (LARGEST, -LARGEST):
        parts = [keys.contribution([value], at) for at in range(PARAMETERS.most_sites)]
        total = keys.added(parts, 1)
        assert keys.opened(total, 1, range(PARAMETERS.most_sites)).tolist() == [PARAMETERS.most_sites * value]
        with pytest.raises(Malformed, match="at most 64"):
            keys.added([*parts, parts[0]], 1)


def test_reducing_late_changes_no_sum() -> None:
    body = keys.contribution([7], 0)
    late, early = Total(1), Total(1)
    for at in range(40):
        late.add(body)
        early._since = 1022 if at % 7 == 0 else early._since
        early.add(body)
    assert late.to_bytes() == early.to_bytes()


def test_under_another_key_there_is_no_sum() -> None:
    with pytest.raises(NoSum, match="roll"):
        keys.opened(keys.contribution([1, 2], 0), 2, [0], keys.made())


def test_the_same_numbers_never_look_the_same() -> None:
    assert keys.contribution([0], 0) != keys.contribution([0], 0)


def test_wire_is_at_most_four_bytes_a_byte_of_float32() -> None:
    values = 1_000_000
    assert PARAMETERS.ciphertexts(values) * BYTES / (4 * values) < 3.6


def test_numbers_too_large_for_the_plain_modulus_are_not_encrypted() -> None:
    dice = random.Random(1)
    for value in (PARAMETERS.plain // 2 + 1, -(PARAMETERS.plain // 2) - 1, 2**62, -(2**63)):
        slots = np.zeros(PARAMETERS.degree, np.int64)
        slots[dice.randrange(PARAMETERS.degree)] = value
        with pytest.raises(Malformed):
            keys.ENGINE.encrypt(keys.KEY.public, [slots])
