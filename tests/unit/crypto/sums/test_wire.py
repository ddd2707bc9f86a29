"""Wire form and slots: one length, judged coefficients, judged bounds; a refused contribution leaves no trace."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spe.crypto.sums.adding import Total
from spe.crypto.sums.parameters import PARAMETERS
from spe.crypto.sums.slots import NoSum, OutOfBounds, packed, tags, unpacked, whole_numbers, within
from spe.crypto.sums.words import BYTES, COEFFICIENTS, NoCiphertext, from_bytes, to_bytes
from tests import sumkeys as keys

BODY = keys.contribution([1, 2, 3], 0)


@given(st.integers(0, 2**32))
def test_coefficients_come_back(seed: int) -> None:
    words = np.random.default_rng(seed).integers(0, PARAMETERS.modulus, COEFFICIENTS, np.uint64)
    assert (from_bytes(to_bytes(words)) == words).all()


@pytest.mark.parametrize("length", [0, 1, BYTES - 1, BYTES + 1, 2 * BYTES])
def test_a_ciphertext_has_one_length(length: int) -> None:
    with pytest.raises(NoCiphertext):
        from_bytes((BODY * 2)[:length])


def test_a_coefficient_that_is_not_below_the_modulus_is_refused() -> None:
    words = from_bytes(BODY).copy()
    for value in (PARAMETERS.modulus, 2**54, 2**56 - 1):
        words[-1] = value
        with pytest.raises(NoCiphertext, match="below the modulus"):
            from_bytes(to_bytes(words))


def test_what_hides_nothing_is_refused() -> None:
    words = from_bytes(BODY).copy()
    words[PARAMETERS.degree :] = 0
    for plain in (words, np.zeros_like(words)):
        with pytest.raises(NoCiphertext, match="transparent"):
            from_bytes(to_bytes(plain))


def test_a_contribution_of_which_a_part_is_refused_is_refused_whole() -> None:
    total = Total(2)
    total.add(BODY * 2)
    before = total.to_bytes()
    with pytest.raises(NoCiphertext):
        total.add(BODY + bytes(BYTES))
    with pytest.raises(NoCiphertext):
        total.add(BODY)
    assert total.to_bytes() == before


def test_adding_loads_no_library_that_could_decrypt() -> None:
    program = "import sys, spe.crypto.sums.adding; print('tenseal' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize("values", [[1.0], [float("nan")], [True], ["1"], [None], [2**63], [-(2**63) - 1]])
def test_only_whole_numbers_of_64_bits_are_numbers(values: list[int]) -> None:
    with pytest.raises(OutOfBounds):
        whole_numbers(values)


def test_arrays_are_numbers_when_their_type_says_so() -> None:
    assert whole_numbers(np.array([1, 2])).tolist() == [1, 2]
    foreign: list[Any] = [np.array([1.0]), np.array([[1]]), np.array([True]), np.array([1], np.uint64)]
    for array in foreign:
        with pytest.raises(OutOfBounds):
            whole_numbers(array)
    assert whole_numbers([]).tolist() == []


def test_bounds_are_judged_place_by_place_and_no_value_is_told() -> None:
    low, high = np.array([0, -5]), np.array([10, 5])
    assert within(np.array([10, -5]), low, high).tolist() == [10, -5]
    for values in ([11, 0], [-1, 0], [0, 6], [0, -6]):
        with pytest.raises(OutOfBounds) as refused:
            within(np.array(values), low, high)
        assert not {"11", "-1", "6", "-6"} & set(str(refused.value).split())
    with pytest.raises(OutOfBounds):
        within(np.array([1]), low, high)


@pytest.mark.parametrize("place", [-1, PARAMETERS.most_sites])
def test_a_roll_has_its_places(place: int) -> None:
    with pytest.raises(OutOfBounds):
        list(packed(np.zeros(1, np.int64), place, bytes(32)))


def test_a_roll_that_is_not_that_of_the_contributors_is_no_sum() -> None:
    slots = list(packed(np.arange(5000), 3, bytes(32)))
    assert unpacked(slots, 5000, {3: bytes(32)}).tolist() == list(range(5000))
    for seeds in ({2: bytes(32)}, {}, {3: bytes(32), 4: bytes(32)}, {3: b"1" * 32}):
        with pytest.raises(NoSum):
            unpacked(slots, 5000, seeds)
    with pytest.raises(NoSum, match="number of ciphertexts"):
        unpacked(slots[:1], 5000, {3: bytes(32)})
    slots[1][-1] = 1
    with pytest.raises(NoSum, match="nobody"):
        unpacked(slots, 5000, {3: bytes(32)})


def test_tags_are_below_half_the_plain_modulus_and_differ() -> None:
    made = tags(b"s" * 32, 500)
    assert len(set(made)) == 500
    assert min(made) >= 1
    assert 2 * max(made) < PARAMETERS.plain
    with pytest.raises(OutOfBounds):
        tags(b"short", 1)


def test_a_strangers_ciphertext_copied_into_ones_own_opens_no_sum() -> None:
    """Site 1 adds site 0's ciphertext to its own, to have it counted twice."""
    honest, own = keys.contribution([5], 0), keys.contribution([1], 1)
    doubled = keys.added([honest, own], 1)
    total = keys.added([honest, doubled], 1)
    with pytest.raises(NoSum, match="roll"):
        keys.opened(total, 1, [0, 1])
