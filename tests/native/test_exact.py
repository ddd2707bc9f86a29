"""Sums are exact, the same as TenSEAL's own, and can't wrap within their bounds."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
import tenseal
from hypothesis import given, settings
from hypothesis import strategies as st
from tenseal import sealapi

from spe.crypto.sums import bfv
from spe.crypto.sums.adding import Total
from spe.crypto.sums.parameters import PARAMETERS
from spe.crypto.sums.slots import NoSum
from spe.crypto.sums.words import BYTES, Words, from_bytes, to_bytes
from spe.errors import Malformed
from tests.native import keys

LARGEST = (PARAMETERS.plain - 1) // 2 // PARAMETERS.most_sites


def theirs(words: Words) -> tenseal.BFVVector:
    return tenseal.bfv_vector_from(keys.ENCRYPTOR._context, bfv._vector(words))


@given(st.integers(1, 6), st.integers(1, 9000), st.integers(0, 2**32))
@settings(max_examples=15)
def test_a_sum_is_the_sum(sites: int, length: int, seed: int) -> None:
    dice = np.random.default_rng(seed)
    values = dice.integers(-LARGEST, LARGEST, (sites, length), endpoint=True)
    total = keys.added([keys.contribution(one.tolist(), at) for at, one in enumerate(values)], length)
    assert (keys.opened(total, length, range(sites)) == values.sum(axis=0)).all()


def test_the_coefficients_are_those_that_the_library_adds_up() -> None:
    parts = [keys.contribution([at, -at], at) for at in range(5)]
    ours, library = Total(1), theirs(from_bytes(parts[0]))
    ours.add(parts[0])
    for body in parts[1:]:
        ours.add(body)
        library += theirs(from_bytes(body))
    assert ours.to_bytes() == to_bytes(bfv._words(library.serialize()))


def test_as_many_sites_as_there_may_be_at_both_ends_of_the_bounds() -> None:
    assert PARAMETERS.fits(LARGEST, PARAMETERS.most_sites)
    assert not PARAMETERS.fits(LARGEST + 1, PARAMETERS.most_sites)
    for value in (LARGEST, -LARGEST):
        parts = [keys.contribution([value], at) for at in range(PARAMETERS.most_sites)]
        total = keys.added(parts, 1)
        assert keys.opened(total, 1, range(PARAMETERS.most_sites)).tolist() == [PARAMETERS.most_sites * value]
        with pytest.raises(Malformed, match="at most 64"):
            keys.added([*parts, parts[0]], 1)


def test_reducing_late_changes_no_sum(monkeypatch: pytest.MonkeyPatch) -> None:
    body = keys.contribution([7], 0)
    late, early = Total(1), Total(1)
    for at in range(40):
        late.add(body)
        early._since = 1022 if at % 7 == 0 else early._since
        early.add(body)
    assert late.to_bytes() == early.to_bytes()


def test_there_is_noise_to_spare_at_the_most_sites(tmp_path: Path) -> None:
    """A bit of budget is a doubling of the noise that still opens rightly: 64 sites make it 8 times as large."""
    seal, decryptor = _sealapi(tmp_path)
    parts = [keys.contribution([LARGEST], at) for at in range(PARAMETERS.most_sites)]
    budgets = []
    for total in (parts[0], keys.added(parts, 1)):
        written = bfv._vector(from_bytes(total))
        (tmp_path / "c").write_bytes(written[written.index(bfv._MAGIC) :])
        ciphertext = sealapi.Ciphertext()
        ciphertext.load(seal, str(tmp_path / "c"))
        budgets.append(decryptor.invariant_noise_budget(ciphertext))
    assert budgets[0] >= 10
    assert budgets[1] >= 7


def _sealapi(folder: Path) -> tuple[object, sealapi.Decryptor]:
    parameters = sealapi.EncryptionParameters(sealapi.SCHEME_TYPE.BFV)
    parameters.set_poly_modulus_degree(PARAMETERS.degree)
    chain = sealapi.CoeffModulus.Create(PARAMETERS.degree, list(PARAMETERS.chain))
    assert chain[0].value() == PARAMETERS.modulus
    parameters.set_coeff_modulus(chain)
    parameters.set_plain_modulus(PARAMETERS.plain)
    seal = sealapi.SEALContext(parameters, True, sealapi.SEC_LEVEL_TYPE.TC128)
    data = keys.SECRET._context.serialize(
        save_public_key=False, save_secret_key=True, save_galois_keys=False, save_relin_keys=False
    )
    start = data.index(bfv._MAGIC, 2 + data[1])
    (folder / "k").write_bytes(data[start:])
    secret = sealapi.SecretKey()
    secret.load(seal, str(folder / "k"))
    return seal, sealapi.Decryptor(seal, secret)


def test_128_bits_of_security_are_what_the_library_judges_too() -> None:
    assert sum(PARAMETERS.chain) <= sealapi.CoeffModulus.MaxBitCount(
        PARAMETERS.degree, sealapi.SEC_LEVEL_TYPE.TC128
    )


def test_under_another_key_there_is_no_sum() -> None:
    _, other = keys.made()
    with pytest.raises(NoSum, match="roll"):
        keys.opened(keys.contribution([1, 2], 0), 2, [0], other)


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
            keys.ENCRYPTOR.encrypt(slots)
