"""H5: sums never wrap: what could is refused before it is encoded, and the noise has room to spare."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spe.crypto.sums.parameters import PARAMETERS
from spe.crypto.sums.slots import OutOfBounds, whole_numbers, within
from spe.errors import Malformed
from spe.federation.layout import Block, SumLayout
from tests import sumkeys as keys

LENGTH = 63
VECTORS = PARAMETERS.data_slots // LENGTH
LARGEST = (PARAMETERS.plain - 1) // 2 // PARAMETERS.most_sites


def hold(vectors: int, seed: int) -> int:
    """Add up `vectors` vectors of 63 numbers, of 3 to 64 sites, a third of all numbers at a bound; return the wraps."""
    dice, wrong, done = np.random.default_rng(seed), 0, 0
    while done < vectors:
        sites = int(dice.integers(3, 9)) if done % 1000 else PARAMETERS.most_sites
        bound = ((PARAMETERS.plain - 1) // 2) // sites
        values = dice.integers(-bound, bound, (sites, VECTORS * LENGTH), endpoint=True)
        for end in (-bound, bound):
            values[:, dice.random(VECTORS * LENGTH) < 1 / 6] = end
        parts = [keys.contribution(one, at) for at, one in enumerate(values)]
        opened = keys.opened(keys.added(parts, VECTORS * LENGTH), VECTORS * LENGTH, range(sites))
        wrong += int((opened != values.sum(axis=0)).reshape(VECTORS, LENGTH).any(axis=1).sum())
        done += VECTORS
    return wrong


def test_no_vector_wraps() -> None:
    assert hold(5_000, 1) == 0


@pytest.mark.soak
def test_no_vector_of_a_million_wraps() -> None:
    assert hold(1_000_000, 2) == 0


def test_one_more_than_fits_does_wrap_so_that_the_bound_is_what_saves_us() -> None:
    """Control: without the check before encoding the sum is silently another one."""
    too_large = PARAMETERS.plain // 2 // 3 + 1
    parts = [keys.contribution([too_large], at) for at in range(3)]
    assert keys.opened(keys.added(parts, 1), 1, range(3)).tolist() != [3 * too_large]
    assert not PARAMETERS.fits(too_large, 3)


@given(st.integers(-(2**62), 2**62), st.integers(-(2**62), 2**62))
def test_a_layout_whose_sums_could_wrap_can_not_be_agreed(low: int, high: int) -> None:
    fits = low <= high and 2 * PARAMETERS.most_sites * max(-low, high, 0) < PARAMETERS.plain
    if fits:
        assert SumLayout((Block("a", 1, low, high),)).length == 1
    else:
        with pytest.raises(Malformed):
            SumLayout((Block("a", 1, low, high),))


@given(st.integers(0, LARGEST), st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=20))
def test_what_passes_the_bounds_adds_up_below_half_the_plain_modulus(bound: int, values: list[int]) -> None:
    numbers = whole_numbers(values)
    bounds = np.full(len(values), bound, np.int64)
    try:
        within(numbers, -bounds, bounds)
    except OutOfBounds:
        assert any(abs(value) > bound for value in values)
    else:
        assert all(2 * PARAMETERS.most_sites * abs(value) < PARAMETERS.plain for value in values)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1.5, -1.5, 10**30, -(10**30), "7", None, True])
def test_what_is_no_whole_number_is_not_encoded(value: int) -> None:
    with pytest.raises(OutOfBounds):
        whole_numbers([0, value])


def test_negative_numbers_come_back_negative() -> None:
    values = [-1, -LARGEST, 0, LARGEST]
    total = keys.added([keys.contribution(values, at) for at in range(64)], 4)
    assert keys.opened(total, 4, range(64)).tolist() == [64 * value for value in values]


def test_the_chance_that_noise_spoils_a_sum_is_below_two_to_the_minus_forty() -> None:
    """Noise of a fresh ciphertext is e*u + e1 + e2*s with deviation 3.2 and ternary u, s; a sum's is that of its terms."""
    n, deviation = PARAMETERS.degree, 3.2
    fresh = deviation**2 * (1 + 2 * n * Fraction(2, 3))
    many = math.sqrt(PARAMETERS.most_sites * fresh)
    room = PARAMETERS.modulus / (2 * PARAMETERS.plain) - PARAMETERS.most_sites
    exponent = (room / many) ** 2 / 2 / math.log(2)
    coefficients = math.log2(n * PARAMETERS.ciphertexts(1 << 21)) + 1
    assert exponent - coefficients > 1000
