"""The verifier's own test for canonical JSON agrees with the writer's codec, which it doesn't use."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spe.audit.verify_json import first_oddity
from spe.crypto import canonical
from spe.crypto.canonical import Json
from spe.errors import Malformed

TEXTS = st.text(st.characters(codec="utf-8"), max_size=6)
FRACTIONS = st.sampled_from([0.5, -1e-7, 1e21, 123.25, 1e-5])
NUMBERS = st.integers(-canonical.LARGEST_INT, canonical.LARGEST_INT) | FRACTIONS
VALUES: st.SearchStrategy[Json] = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
PIECES = st.sampled_from([b"{}", b'{"a":1', b'"b":2}', b"{},{}", b'{"a":[{}', b"{}]}", b"", b"1"])
MARKS = st.sampled_from(
    [
        b'"',
        b'""',
        b'"":',
        b":",
        b",",
        b"{",
        b"}",
        b"[]",
        b"0",
        b"7",
        b"-",
        b".",
        b"e",
        b" ",
        b"\\",
        b"\xc3",
        b"a",
    ]
)
OBJECTS = st.dictionaries(TEXTS, VALUES, max_size=4)


def is_canonical_object(data: bytes) -> bool:
    """Ask the writer's codec."""
    try:
        canonical.parse_object(data)
    except Malformed:
        return False
    return True


@given(st.lists(OBJECTS, max_size=6))
def test_canonical_entries_are_never_odd(values: list[dict[str, Json]]) -> None:
    assert first_oddity([canonical.encode(value) for value in values]) is None


@given(OBJECTS, st.integers(0, 10_000), st.binary(min_size=0, max_size=2))
def test_both_agree_on_entries_with_changed_bytes(value: dict[str, Json], place: int, patch: bytes) -> None:
    data = canonical.encode(value)
    at = place % len(data)
    altered = data[:at] + patch + data[at + 1 :]
    assert (first_oddity([b"{}", altered]) is None) == is_canonical_object(altered)


@given(OBJECTS, st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 2), MARKS), min_size=1, max_size=3))
def test_a_form_that_is_known_vouches_for_no_other(
    value: dict[str, Json], changes: list[tuple[int, int, bytes]]
) -> None:
    data = altered = canonical.encode(value)
    for place, removed, put in changes:
        at = place % (len(altered) + 1)
        altered = altered[:at] + put + altered[at + removed :]
    expected = None if is_canonical_object(altered) else 1
    assert first_oddity([data, altered, data]) == expected
    assert first_oddity([data, altered]) == expected


@pytest.mark.parametrize(
    ("good", "odd"),
    [
        (b'{"a":1}', b'{"a":1}"more'),
        (b'{"a":1}', b'{"a":01}'),
        (b'{"a":10}', b'{"a":-0}'),
        (b'{"a":9007199254740991}', b'{"a":9007199254740992}'),
        (b'{"a":1111111111111111}', b'{"a":9999999999999999}'),
        (b'{"a":1e-7}', b'{"a":1e-6}'),
        (b'{"a":0.5}', b'{"a":0.0}'),
        (b'{"a":1,"b":2}', b'{"a":1,"a":2}'),
        (b'{"a":1,"b":2}', b'{"b":1,"a":2}'),
        (b'{"a":{"b":"c"}}', b'{"a":{"b":"c"}}}'),
        (b'{"a":"b"}', b'{"a":"\xff"}'),
        (b'{"a":"b"}', b'{"a":"\x1f"}'),
        (b'{"a":"b"}', b'{"a":"\xed\xa0\x80"}'),
        (b'{"a":"b"}', b'{"a":"\\u0062"}'),
        (b'{"a":"b"}', b'{"a" :"b"}'),
        (b'{"a":["b","c"]}', b'{"a":["b":"c"]}'),
        (b'{"a":"b"}', b'"a":"b"'),
    ],
)
def test_texts_of_nearly_one_form_are_told_apart(good: bytes, odd: bytes) -> None:
    assert first_oddity([good] * 3) is None
    assert first_oddity([good, odd]) == 1
    assert first_oddity([odd]) == 0
    assert first_oddity([good, good]) is None


def test_more_forms_than_are_kept_change_nothing() -> None:
    entries = [b'{"%d":{"k":[%s]}}' % (at, b",".join([b"1"] * (at % 300 + 1))) for at in range(3000)]
    assert first_oddity(entries) is None
    assert first_oddity([*entries, b'{"5":{"k":[1,01]}}', *entries]) == 3000


def test_a_huge_entry_is_tested_like_any_other() -> None:
    huge = b'{"k":[' + b",".join(b'"%d"' % at for at in range(8000)) + b"]}"
    assert first_oddity([huge, huge]) is None
    assert first_oddity([huge, huge[:-2] + b",]}"]) == 1


@given(st.lists(PIECES, max_size=5))
def test_entries_that_only_make_sense_together_are_odd(entries: list[bytes]) -> None:
    expected = next((at for at, data in enumerate(entries) if not is_canonical_object(data)), None)
    assert first_oddity(entries) == expected
