"""Which bytes are which half of a key, judged before the library reads them."""

from __future__ import annotations

import copy
import pickle

import pytest
import tenseal

from spe.crypto.sums import bfv
from spe.crypto.sums.bfv import NoKey, PublicSet, SecretKey, generate
from spe.crypto.sums.parameters import PARAMETERS
from spe.errors import Malformed

HALVES = {"save_galois_keys": False, "save_relin_keys": False}


def other(scheme: tenseal.SCHEME_TYPE, degree: int, chain: list[int], plain: int = -1) -> bytes:
    made = tenseal.context(scheme, degree, plain, chain)
    made_bytes: bytes = made.serialize(save_secret_key=False, **HALVES)
    return made_bytes


BFV, CKKS = tenseal.SCHEME_TYPE.BFV, tenseal.SCHEME_TYPE.CKKS
FOREIGN = {
    "another plain modulus": other(BFV, 4096, [54, 55], 1032193),
    "other primes": other(BFV, 4096, [54, 54], PARAMETERS.plain),
    "another degree": other(BFV, 8192, [54, 55], 1032193),
    "another scheme": other(CKKS, 8192, [60, 40, 40]),
    "nothing": b"",
    "noise": bytes(range(256)) * 4,
    "too much": bytes(bfv.LARGEST_PUBLIC + 1),
    "a length that leads out": b"\x0a\x7f\x5e\xa1\x10\x04\x03\x02",
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


def test_a_bomb_in_the_parameters_does_not_inflate() -> None:
    import zstandard

    packed = zstandard.ZstdCompressor().compress(bytes(1 << 26))[:100]
    head = bfv._MAGIC + b"\x02" + bytes(2) + bytes(8) + packed
    with pytest.raises(NoKey):
        PublicSet(b"\x0a" + bytes([len(head)]) + head)


def test_a_public_set_can_not_be_made_of_bytes_that_hold_a_secret() -> None:
    made = tenseal.context(BFV, 4096, PARAMETERS.plain, [54, 55])
    both = made.serialize(save_public_key=True, save_secret_key=True, **HALVES)
    secret = made.serialize(save_public_key=False, save_secret_key=True, **HALVES)
    assert len(both) > len(secret)
    for data in (both, secret):
        with pytest.raises(NoKey):
            PublicSet(data)


def test_a_secret_key_is_not_made_of_a_public_set() -> None:
    public, _ = generate()
    with pytest.raises(NoKey):
        SecretKey(public.context)


def test_truncated_keys_are_no_keys() -> None:
    public, secret = generate()
    for end in (1, 77, 78, 79, 1000, len(public.context) - 1):
        with pytest.raises(NoKey):
            PublicSet(public.context[:end])
    for end in (1, 78, 79, len(secret) - 1):
        with pytest.raises(NoKey):
            SecretKey(secret[:end])


def test_a_secret_key_shows_nothing_and_goes_nowhere() -> None:
    _, secret = generate()
    key = SecretKey(secret)
    assert repr(key) == str(key) == f"{key}" == "SecretKey(...)"
    for go in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(Malformed):
            go(key)
