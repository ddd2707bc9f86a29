"""Shares: any k open, k - 1 say nothing, false ones are left out, and what isn't one is refused."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Sequence
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spe.crypto.sums import shamir
from spe.crypto.sums.keys import PublicSet
from spe.crypto.sums.shares import SealedSecret, SecretShare
from spe.crypto.sums.slots import unpacked
from spe.errors import IntegrityFailure, Malformed
from tests import sumkeys as keys

K, N = 3, 5
PUBLIC, SEALED, SHARES = keys.ENGINE.deal(K, N)


def rebuild(public: PublicSet, sealed: SealedSecret, shares: Sequence[SecretShare]) -> frozenset[int]:
    """Put a key together, open nothing with it, and return which shares were false."""
    return keys.ENGINE.open(public, sealed, shares, b"")[1]


@given(st.binary(min_size=32, max_size=32), st.integers(2, 6), st.integers(0, 3))
def test_any_k_shares_give_the_secret_back(secret: bytes, k: int, more: int) -> None:
    shares = shamir.split(secret, k, k + more)
    for numbers in combinations(shares, k):
        assert shamir.join({number: shares[number] for number in numbers}) == secret


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_with_one_share_too_few_every_secret_is_as_likely(secret: bytes, guess: bytes) -> None:
    """For whatever secret is guessed there is a last share, exactly one, that would prove the guess right."""
    shares = shamir.split(secret, K, N)
    held = {1: shares[1], 2: shares[2]}
    points = {**held, 0: int.from_bytes(guess, "big")}
    missing = sum(
        value * shamir._weight(at - 3, {other - 3: 0 for other in points}) for at, value in points.items()
    )
    assert shamir.join({**held, 3: missing % shamir.PRIME}) == guess


@pytest.mark.parametrize("numbers", list(combinations(range(5), 3)))
def test_any_three_of_five_open_a_sum(numbers: tuple[int, ...]) -> None:
    body = keys.contribution([41], 0, keys.Key(PUBLIC, SEALED, SHARES))
    slots, false = keys.ENGINE.open(PUBLIC, SEALED, [SHARES[number] for number in numbers], body)
    assert unpacked(slots, 1, {0: keys.seed(0)}).tolist() == [41]
    assert false == frozenset()


def test_two_of_five_open_nothing_also_if_one_comes_twice() -> None:
    for shares in (SHARES[:2], [], [SHARES[0], SHARES[1], SHARES[1]]):
        with pytest.raises(IntegrityFailure, match="too few"):
            rebuild(PUBLIC, SEALED, shares)


def test_a_false_share_is_left_out_and_named() -> None:
    false = SecretShare(PUBLIC.key, 1, K, N, 12345)
    assert rebuild(PUBLIC, SEALED, [false, *SHARES[1:4]]) == {1}
    assert rebuild(PUBLIC, SEALED, SHARES) == frozenset()
    with pytest.raises(IntegrityFailure, match="don't belong together"):
        rebuild(PUBLIC, SEALED, [false, *SHARES[1:3]])


def test_shares_of_another_key_or_another_sealed_secret_open_nothing() -> None:
    other, sealed, shares = keys.ENGINE.deal(K, N)
    with pytest.raises(IntegrityFailure):
        rebuild(PUBLIC, SEALED, shares)
    with pytest.raises(IntegrityFailure):
        rebuild(other, SEALED, shares)
    with pytest.raises(IntegrityFailure):
        rebuild(PUBLIC, sealed, SHARES)


def test_shares_read_back_and_nothing_else_reads_as_one() -> None:
    written = SHARES[0].reveal()
    assert SecretShare.read(written).reveal() == written
    bad = [
        b"",
        b"{}",
        written[:-1],
        written.replace(b'"k":3', b'"k":6'),
        written.replace(b'"k":3', b'"k":true'),
    ]
    bad += [written.replace(b'"number":1', b'"number":9'), written.replace(b'"value":"', b'"value":"0')]
    for data in [*bad, b'{"k":3,"key":"","n":5,"number":1,"value":"-1"}', b"x" * 2000]:
        with pytest.raises(Malformed):
            SecretShare.read(data)


@pytest.mark.parametrize(("k", "n"), [(1, 3), (0, 0), (4, 3), (2, 33), (-1, 5)])
def test_there_is_no_key_that_one_holder_opens(k: int, n: int) -> None:
    with pytest.raises(Malformed):
        keys.ENGINE.deal(k, n)


def test_shares_show_nothing_and_go_nowhere_by_accident() -> None:
    share = SHARES[0]
    assert repr(share) == "SecretShare(...)"
    for go in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(Malformed):
            go(share)
    assert "SealedSecret(" in repr(SEALED)
    for data in (b"", bytes(80_001)):
        with pytest.raises(Malformed):
            SealedSecret(data)
