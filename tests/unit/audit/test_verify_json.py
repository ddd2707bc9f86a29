"""The verifier's own test for canonical JSON agrees with the writer's codec, which it doesn't use."""

from __future__ import annotations

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


@given(st.lists(PIECES, max_size=5))
def test_entries_that_only_make_sense_together_are_odd(entries: list[bytes]) -> None:
    expected = next((at for at, data in enumerate(entries) if not is_canonical_object(data)), None)
    assert first_oddity(entries) == expected
