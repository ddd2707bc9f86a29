"""Shamir's secret sharing (CACM 22(11), 1979) modulo 2^521 - 1: fewer than k shares say nothing at all."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from spe.errors import Malformed

PRIME = 2**521 - 1
SECRET_BYTES = 32
MOST_SHARES = 32


def split(secret: bytes, k: int, n: int) -> dict[int, int]:
    """Return n shares, numbered from 1, any k of which give the 32-byte `secret` back."""
    if len(secret) != SECRET_BYTES or not 2 <= k <= n <= MOST_SHARES:
        raise Malformed(
            f"32 bytes are split into at most {MOST_SHARES} shares, of which at least 2 are needed"
        )
    line = [int.from_bytes(secret, "big"), *(secrets.randbelow(PRIME) for _ in range(k - 1))]
    return {at: _value(line, at) for at in range(1, n + 1)}


def _value(line: list[int], at: int) -> int:
    value = 0
    for coefficient in reversed(line):
        value = (value * at + coefficient) % PRIME
    return value


def join(shares: Mapping[int, int]) -> bytes | None:
    """Return what the shares' polynomial is at nought, None where that can't be a secret: shares that don't belong together."""
    total = sum(value * _weight(at, shares) for at, value in shares.items()) % PRIME
    return total.to_bytes(SECRET_BYTES, "big") if total < 1 << 8 * SECRET_BYTES else None


def _weight(at: int, others: Mapping[int, int]) -> int:
    above = below = 1
    for other in others:
        if other != at:
            above = above * other % PRIME
            below = below * (other - at) % PRIME
    return above * pow(below, -1, PRIME) % PRIME
