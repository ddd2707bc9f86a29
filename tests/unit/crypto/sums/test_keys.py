"""Which bytes are the public half of a key, without asking the library."""

from __future__ import annotations

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from spe.crypto.sums import seal
from spe.crypto.sums.keys import LARGEST_PUBLIC, NoKey, PublicSet
from tests import sumkeys as keys

WRITTEN = keys.KEY.public.context
HEAD = 2 + WRITTEN[1]


def field(number: int, content: bytes) -> bytes:
    return seal._field(number, content)


BAD = {
    "nothing": b"",
    "noise": bytes(range(256)) * 4,
    "too much": bytes(LARGEST_PUBLIC + 1),
    "a length that leads out": b"\x0a\x7f\x5e\xa1\x10\x04\x03\x02",
    "parameters alone": WRITTEN[:HEAD],
    "no parameters": WRITTEN[HEAD:],
    "a secret behind it": WRITTEN + field(3, bytes(70_000)),
    "a little behind it": WRITTEN + b"\x00",
    "everything twice": WRITTEN + WRITTEN,
    "halves the other way round": WRITTEN[HEAD:] + WRITTEN[:HEAD],
    "a secret in its place": WRITTEN[:HEAD] + field(2, bytes(11)) + field(3, bytes(61_000)),
    "a secret alone": WRITTEN[:HEAD] + field(3, bytes(61_000)),
    "a field of numbers": WRITTEN + b"\x20\x01",
    "a field of a high number": WRITTEN + b"\xaa\x01\x00",
}


@pytest.mark.parametrize("data", BAD.values(), ids=BAD)
def test_only_a_public_half_is_a_public_set(data: bytes) -> None:
    with pytest.raises(NoKey):
        PublicSet(data)


@given(st.binary(max_size=400))
def test_any_bytes_are_a_public_set_or_no_key(data: bytes) -> None:
    for one in (data, WRITTEN[:HEAD] + data, WRITTEN[: HEAD + 5] + data):
        with pytest.raises(NoKey):
            PublicSet(one)


def test_a_bomb_in_the_parameters_does_not_inflate() -> None:
    packed = zstandard.ZstdCompressor().compress(bytes(1 << 26))[:100]
    head = seal._MAGIC + b"\x02" + bytes(2) + bytes(8) + packed
    with pytest.raises(NoKey):
        PublicSet(field(1, head) + WRITTEN[HEAD:])


def test_truncated_keys_are_no_keys() -> None:
    for end in (1, HEAD - 1, HEAD, HEAD + 1, 1000, len(WRITTEN) - 1):
        with pytest.raises(NoKey):
            PublicSet(WRITTEN[:end])


def test_a_public_key_that_the_library_can_not_read_is_refused_by_the_engine() -> None:
    broken = PublicSet(WRITTEN[:HEAD] + field(2, bytes(1000)))
    with pytest.raises(NoKey):
        keys.contribution([1], 0, keys.KEY._replace(public=broken))
