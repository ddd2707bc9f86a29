"""Canonical JSON: the RFC's own examples, round trips, and what is refused."""

from __future__ import annotations

import json
import math
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spe.crypto import canonical
from spe.crypto.canonical import Json
from spe.errors import Malformed

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "canonical.json").read_text("utf-8"))

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-canonical.LARGEST_INT, canonical.LARGEST_INT)
    | st.floats(allow_nan=False, allow_infinity=False).filter(
        lambda x: not x.is_integer() or abs(x) <= canonical.LARGEST_INT or abs(x) >= 1e21
    )
    | st.text()
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(("bits", "text"), VECTORS["numbers"])
def test_numbers_are_written_as_ecmascript_writes_them(bits: str, text: str) -> None:
    (value,) = struct.unpack(">d", bytes.fromhex(bits))
    assert canonical.number(value) == text


@pytest.mark.parametrize(("loose", "strict"), VECTORS["documents"])
def test_documents_get_their_one_encoding(loose: str, strict: str) -> None:
    assert canonical.encode(json.loads(loose)) == strict.encode()
    assert canonical.parse(strict.encode()) == json.loads(loose)


@given(VALUES)
def test_what_is_written_reads_back_and_is_written_the_same(value: Json) -> None:
    data = canonical.encode(value)
    assert canonical.parse(data) == value
    assert canonical.encode(canonical.parse(data)) == data


@given(st.dictionaries(st.text(), st.none(), max_size=8))
def test_names_stand_in_the_order_of_utf16_units(value: dict[str, None]) -> None:
    names = [name.encode("utf-16-be") for name in json.loads(canonical.encode(value))]
    assert names == sorted(names)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_text_means_the_number(value: float) -> None:
    assert float(canonical.number(value)) == value


@given(st.binary(max_size=40))
def test_bytes_are_parsed_or_refused_with_our_error(data: bytes) -> None:
    try:
        value = canonical.parse(data)
    except Malformed:
        return
    assert canonical.encode(value) == data


@given(VALUES, st.integers(0, 10_000), st.integers(0, 255))
def test_one_changed_byte_never_gives_the_same_value(value: Json, place: int, byte: int) -> None:
    data = bytearray(canonical.encode(value))
    at = place % len(data)
    if data[at] == byte:
        return
    data[at] = byte
    try:
        other = canonical.parse(bytes(data))
    except Malformed:
        return
    assert canonical.encode(other) != canonical.encode(value)


@pytest.mark.parametrize(
    "text",
    [
        *("", " 1", "1 ", "01", "-0", "1.0", "1e2", "1E+30", "+1", "0.10", ".5", "NaN", "-Infinity"),
        *("9007199254740992", "-9007199254740992", "9" * 5000, "1e400", "0.00e0", "1e21"),
        *('{"b":1,"a":2}', '{"a":1,"a":2}', '{"a" :1}', "[1, 2]", "[1,]", "[1]]", '{"a":1}\n', "tru"),
        *('"\\u0041"', '"\\/"', '"\\ud800"', '"\\u000A"', '"a', "'a'", '"\t"', "\ufeff1"),
        *("[" * 65 + "]" * 65, "[" * 100_000, '{"\ue000":1,"\U00010000":2}'),
    ],
)
def test_other_spellings_are_refused(text: str) -> None:
    with pytest.raises(Malformed):
        canonical.parse(text.encode())


@pytest.mark.parametrize("data", [b"\xff", b'"\xed\xa0\x80"', b'"\xc0\x80"', b"\x00", b"\xef\xbb\xbf1"])
def test_bytes_that_are_not_utf8_json_are_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        canonical.parse(data)


@pytest.mark.parametrize(
    "value",
    [math.nan, math.inf, 2**53, -(2**53), 1e20, "\ud800", {"\udfff": 1}, {1: 2}, b"x", {1, 2}, object()],
)
def test_values_without_a_safe_form_are_refused(value: object) -> None:
    with pytest.raises(Malformed):
        canonical.encode(value)


def test_size_and_depth_have_bounds() -> None:
    deep: list[object] = []
    for _ in range(64):
        deep = [deep]
    with pytest.raises(Malformed, match="deep"):
        canonical.encode(deep)
    assert canonical.encode(deep[0]).startswith(b"[[")
    with pytest.raises(Malformed, match="over 3 bytes"):
        canonical.parse(b"1234", largest=3)


def test_an_object_is_asked_for_where_one_is_needed() -> None:
    assert canonical.parse_object(b'{"a":1}') == {"a": 1}
    with pytest.raises(Malformed, match="object"):
        canonical.parse_object(b"[]")
