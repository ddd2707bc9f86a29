"""What is ours against the library's own: additions, noise, security; and what happens where all sites have one key.

Runs in a process of its own (`unit/crypto/test_native.py`).
"""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pytest
import tenseal
from tenseal import sealapi

from spe.crypto.sums import seal
from spe.crypto.sums.adding import Total
from spe.crypto.sums.bfv import Encryptor, SecretKey, generate
from spe.crypto.sums.ceremony import deal, rebuild
from spe.crypto.sums.keys import NoKey, PublicSet
from spe.crypto.sums.parameters import PARAMETERS
from spe.crypto.sums.slots import packed, whole_numbers
from spe.crypto.sums.words import Words, from_bytes, to_bytes
from spe.errors import Malformed

LARGEST = (PARAMETERS.plain - 1) // 2 // PARAMETERS.most_sites
PUBLIC, _MADE = generate()
SECRET, ENCRYPTOR = SecretKey(_MADE), Encryptor(PUBLIC)
HALVES = {"save_galois_keys": False, "save_relin_keys": False}


def contribution(value: int, place: int) -> bytes:
    return b"".join(
        to_bytes(ENCRYPTOR.encrypt(one)) for one in packed(whole_numbers([value]), place, bytes(32))
    )


def added(parts: list[bytes]) -> bytes:
    total = Total(1)
    for part in parts:
        total.add(part)
    return total.to_bytes()


def theirs(words: Words) -> tenseal.BFVVector:
    return tenseal.bfv_vector_from(ENCRYPTOR._context, seal.vector_of(words))


def test_the_coefficients_are_those_that_the_library_adds_up() -> None:
    parts = [contribution(-at, at) for at in range(5)]
    ours, library = Total(1), theirs(from_bytes(parts[0]))
    ours.add(parts[0])
    for body in parts[1:]:
        ours.add(body)
        library += theirs(from_bytes(body))
    assert ours.to_bytes() == to_bytes(seal.words_of(library.serialize()))


def test_there_is_noise_to_spare_at_the_most_sites(tmp_path: Path) -> None:
    """A bit of budget is a doubling of the noise that still opens rightly: 64 sites make it 8 times as large."""
    context, decryptor = _sealapi(tmp_path)
    parts = [contribution(LARGEST, at) for at in range(PARAMETERS.most_sites)]
    budgets = []
    for total in (parts[0], added(parts)):
        written = seal.vector_of(from_bytes(total))
        (tmp_path / "c").write_bytes(written[written.index(seal._MAGIC) :])
        ciphertext = sealapi.Ciphertext()
        ciphertext.load(context, str(tmp_path / "c"))
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
    context = sealapi.SEALContext(parameters, True, sealapi.SEC_LEVEL_TYPE.TC128)
    data = SECRET._context.serialize(
        save_public_key=False, save_secret_key=True, save_galois_keys=False, save_relin_keys=False
    )
    start = data.index(seal._MAGIC, 2 + data[1])
    (folder / "k").write_bytes(data[start:])
    secret = sealapi.SecretKey()
    secret.load(context, str(folder / "k"))
    return context, sealapi.Decryptor(context, secret)


def test_128_bits_of_security_are_what_the_library_judges_too() -> None:
    assert sum(PARAMETERS.chain) <= sealapi.CoeffModulus.MaxBitCount(
        PARAMETERS.degree, sealapi.SEC_LEVEL_TYPE.TC128
    )


def test_any_three_of_five_shares_open_what_was_encrypted() -> None:
    public, sealed, shares = deal(3, 5)
    slots = next(iter(packed(whole_numbers([41]), 0, bytes(32))))
    secret, false = rebuild(public, sealed, shares[1:4])
    assert false == frozenset()
    assert (secret.decrypt(Encryptor(public).encrypt(slots)) == slots).all()


def test_what_we_take_for_the_two_halves_of_a_key_is_what_the_library_takes_for_them() -> None:
    both = tenseal.context(
        tenseal.SCHEME_TYPE.BFV, PARAMETERS.degree, PARAMETERS.plain, list(PARAMETERS.chain)
    )
    public = both.serialize(save_secret_key=False, **HALVES)
    secret = both.serialize(save_public_key=False, save_secret_key=True, **HALVES)
    everything = both.serialize(save_secret_key=True, **HALVES)
    with_more = both.serialize(save_secret_key=False)
    assert not tenseal.context_from(PublicSet(public).context).is_private()
    assert SecretKey(secret)._context.is_private()
    for data in (secret, everything, public + secret, everything[:-1]):
        with pytest.raises(NoKey):
            PublicSet(data)
    for data in (public, everything, secret[:-1], secret + secret):
        with pytest.raises(NoKey):
            SecretKey(data)
    assert tenseal.context_from(with_more).has_relin_keys()


def other(scheme: tenseal.SCHEME_TYPE, degree: int, chain: list[int], plain: int = -1) -> bytes:
    made = tenseal.context(scheme, degree, plain, chain)
    written: bytes = made.serialize(save_secret_key=False, **HALVES)
    return written


BFV, CKKS = tenseal.SCHEME_TYPE.BFV, tenseal.SCHEME_TYPE.CKKS
FOREIGN = {
    "another plain modulus": other(BFV, 4096, [54, 55], 1032193),
    "other primes": other(BFV, 4096, [54, 54], PARAMETERS.plain),
    "another degree": other(BFV, 8192, [54, 55], 1032193),
    "another scheme": other(CKKS, 8192, [60, 40, 40]),
}


@pytest.mark.parametrize("data", FOREIGN.values(), ids=FOREIGN)
def test_foreign_parameters_are_refused_unread(data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(_data: bytes) -> None:
        raise AssertionError("the library was asked")

    monkeypatch.setattr(tenseal, "context_from", read)
    with pytest.raises(NoKey):
        PublicSet(data)
    with pytest.raises(NoKey):
        SecretKey(data)


def test_a_secret_key_shows_nothing_and_goes_nowhere() -> None:
    assert repr(SECRET) == str(SECRET) == f"{SECRET}" == "SecretKey(...)"
    for go in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(Malformed):
            go(SECRET)


def test_with_one_key_for_all_sites_server_and_one_site_read_everybody() -> None:
    """The set-up that NVFLARE provisions: CKKS 8192 [60, 40, 40], the same secret key at each site."""
    provisioned = tenseal.context(CKKS, 8192, coeff_mod_bit_sizes=[60, 40, 40])
    provisioned.global_scale = 2**40
    kept_by_a_site = provisioned.serialize(save_secret_key=True, **HALVES)
    seen_by_the_server = tenseal.ckks_vector(provisioned, [3.0, 7.0, 9.0]).serialize()
    together = tenseal.context_from(kept_by_a_site)
    read = tenseal.ckks_vector_from(together, seen_by_the_server).decrypt()
    assert [round(value) for value in read] == [3, 7, 9]


def test_with_ours_server_and_all_sites_have_no_key_that_decrypts() -> None:
    vector = seal.vector_of(from_bytes(contribution(7, 0)))
    with pytest.raises(ValueError, match="secret"):
        tenseal.bfv_vector_from(tenseal.context_from(PUBLIC.context), vector).decrypt()


def test_what_another_scheme_writes_is_no_ciphertext() -> None:
    foreign = tenseal.context(CKKS, 8192, coeff_mod_bit_sizes=[60, 40, 40])
    foreign.global_scale = 2**40
    written = tenseal.ckks_vector(foreign, [1.0]).serialize()
    with pytest.raises(Malformed):
        from_bytes(written[: 7 * 8192])


def test_a_bound_beyond_the_slots_is_not_encrypted() -> None:
    slots = next(iter(packed(whole_numbers([0]), 0, bytes(32))))
    slots[100] = PARAMETERS.plain // 2 + 1
    for bad in (slots, slots[:-1]):
        with pytest.raises(Malformed):
            ENCRYPTOR.encrypt(bad)
