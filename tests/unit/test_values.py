from __future__ import annotations

import json
import math
import types
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from enum import StrEnum
from typing import Any, ClassVar, Union, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spe.adapters.database.prepared import as_text
from spe.adapters.database.tables import KINDS
from spe.audit.events import StaffRef
from spe.audit.records import Record
from spe.errors import Malformed
from spe.values import (
    DEEPEST,
    LARGEST_INTEGER,
    LONGEST_LIST,
    LONGEST_TEXT,
    from_data,
    from_stored,
    plain_stored,
    says_something,
    to_data,
)

texts = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("\n\t"), max_size=12)
integers = st.integers(-LARGEST_INTEGER, LARGEST_INTEGER)
floats = st.floats(allow_nan=False, allow_infinity=False)
plain = st.recursive(
    st.none() | st.booleans() | integers | floats | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
SCALARS: dict[Any, st.SearchStrategy[Any]] = {int: integers, bool: st.booleans(), float: floats, Any: plain}


def values(kind: Any) -> st.SearchStrategy[Any]:  # noqa: PLR0911 - one return a form
    """Return a strategy for anything a field of type `kind` may hold."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return st.none() | values(next(one for one in inner if one is not types.NoneType))
    if origin is tuple and inner[-1] is Ellipsis:
        return st.lists(values(inner[0]), max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*map(values, inner))
    if origin is not None:
        return st.dictionaries(texts, values(inner[1]), max_size=3)
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return st.fixed_dictionaries({one.name: values(hints[one.name]) for one in fields(kind)}).map(
            lambda given, kind=kind: kind(**given)  # type: ignore[misc]
        )
    if kind in SCALARS:
        return SCALARS[kind]
    return st.sampled_from(kind) if issubclass(kind, StrEnum) else texts.map(kind)


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, slots=True)
class Inner:
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outer:
    known: ClassVar[str] = "not a field"
    text: str
    who: StaffRef = StaffRef("x")
    number: float = 0.0
    yes: bool = False
    colour: Colour = Colour.RED
    inner: Inner | None = None
    pair: tuple[str, int] = ("", 0)
    many: tuple[Inner, ...] = ()
    named: Mapping[str, str] = field(default_factory=dict)
    open: Mapping[str, Any] = field(default_factory=dict)


def outer(**more: Any) -> Any:
    return from_data(Outer, {"text": "", **more})


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_kind_of_record_comes_back_from_its_json_as_it_was(kind: type[Record]) -> None:
    @given(values(kind))
    def comes_back(value: Record) -> None:
        data = json.loads(as_text(to_data(value)))
        again = from_stored(kind, data)
        assert again == value
        assert as_text(to_data(again)) == as_text(to_data(value))
        for one in fields(kind):  # type: ignore[arg-type]
            assert type(getattr(again, one.name)) is type(getattr(value, one.name))

    comes_back()


@given(plain | st.floats() | st.integers() | st.text() | st.binary(max_size=3))
def test_whatever_comes_it_is_read_or_malformed(data: Any) -> None:
    for kind in (Outer, Inner, Colour, str, int, float, Mapping[str, Any], tuple[Inner, ...]):
        try:
            from_data(kind, data, "here")
        except Malformed as error:
            if not str(error).startswith("here"):
                raise


@given(st.dictionaries(st.sampled_from([one.name for one in fields(Outer)]), plain, max_size=4))
def test_whatever_is_in_its_fields_it_is_read_or_malformed(data: Any) -> None:
    try:
        read = from_data(Outer, data)
    except Malformed:
        return
    assert from_data(Outer, json.loads(as_text(to_data(read)))) == read


def test_a_field_nobody_knows_is_refused_by_name_and_its_name_is_cut_short() -> None:
    with pytest.raises(Malformed, match=r"Outer: there is no field called 'extra'"):
        outer(extra=1)
    with pytest.raises(Malformed, match="no field called 'known'"):
        outer(known="x")
    with pytest.raises(Malformed) as caught:
        outer(**{"x" * 5000: 1})
    assert len(str(caught.value)) < 150


def test_a_missing_field_is_named() -> None:
    with pytest.raises(Malformed, match=r"Outer\.text: is missing"):
        from_data(Outer, {})


@pytest.mark.parametrize(
    ("name", "data", "path"),
    [
        ("text", 1, "text"),
        ("text", None, "text"),
        ("text", b"x", "text"),
        ("yes", 1, "yes"),
        ("number", True, "number"),
        ("number", "1", "number"),
        ("colour", "blue", "colour"),
        ("colour", ["red"], "colour"),
        ("colour", None, "colour"),
        ("inner", {"n": True}, "inner.n"),
        ("inner", {"n": 1.0}, "inner.n"),
        ("inner", [], "inner"),
        ("pair", ["a"], "pair"),
        ("pair", ["a", 1, 2], "pair"),
        ("pair", "a1", "pair"),
        ("many", {}, "many"),
        ("many", [{"n": 1}, {"n": "1"}], r"many\[1\].n"),
        ("named", {"a": 1}, "named.a"),
        ("named", {1: "a"}, "named"),
        ("named", [], "named"),
        ("open", {"a": {1: 2}}, "open.a"),
        ("open", {"a": {1, 2}}, "open.a"),
        ("open", {"a": [b"x"]}, r"open.a\[0\]"),
    ],
)
def test_a_wrong_type_is_named_by_its_path(name: str, data: Any, path: str) -> None:
    with pytest.raises(Malformed, match=rf"^Outer\.{path}: must be"):
        outer(**{name: data})


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 10**400, LARGEST_INTEGER + 1, -(10**17)])
def test_numbers_that_json_or_others_would_lose_are_refused_everywhere(number: float) -> None:
    for wrong in (
        {"number": number},
        {"open": {"a": number}},
        {"open": {"a": [{"b": number}]}},
        {"inner": {"n": number}},
        {"pair": ["", number]},
    ):
        with pytest.raises(Malformed):
            outer(**wrong)


@pytest.mark.parametrize("char", ["\x00", "\x1b", "\r", "\x7f", "\x85", "\x9b", "\ud800", chr(0xDFFF)])
def test_control_characters_and_half_surrogates_are_refused_in_texts_and_names(char: str) -> None:
    wrong: dict[str, Any]
    for wrong in ({"text": char}, {"who": f"a{char}"}, {"named": {char: ""}}, {"open": {"a": [{char: 1}]}}):
        with pytest.raises(Malformed):
            outer(**wrong)


def test_lines_tabs_and_all_other_letters_are_fine() -> None:
    assert outer(text="a\n\tß日🫀\u2028").text == "a\n\tß日🫀\u2028"


def test_too_long_or_too_deep_is_refused_from_outside_but_our_own_statements_are_longer() -> None:
    long = "x" * (LONGEST_TEXT + 1)
    deep: Any = 1
    for _ in range(DEEPEST):
        deep = [deep]
    assert outer(text=long[1:], open={"a": deep[0]})
    wrong: dict[str, Any]
    for wrong in (
        {"text": long},
        {"open": {"a": deep}},
        {"open": {"a": [[]] * (LONGEST_LIST + 1)}},
        {"many": [{"n": 1}] * (LONGEST_LIST + 1)},
        {"named": {str(at): "" for at in range(LONGEST_LIST + 1)}},
        {"open": {"a": {str(at): "" for at in range(LONGEST_LIST + 1)}}},
    ):
        with pytest.raises(Malformed):
            outer(**wrong)
    assert from_stored(Outer, {"text": long}).text == long


def test_a_depth_that_no_stack_has_is_malformed() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(Malformed):
        outer(open={"a": deep})


def test_a_refusal_does_not_repeat_what_was_sent() -> None:
    wrong: dict[str, Any]
    for wrong in ({"text": ["MI-0007"]}, {"colour": "MI-0007"}, {"number": "MI-0007"}):
        with pytest.raises(Malformed) as caught:
            outer(**wrong)
        assert "MI-0007" not in str(caught.value)


def test_a_stored_map_has_text_as_names() -> None:
    assert plain_stored({"a": [1, {"b": None}]}) == {"a": [1, {"b": None}]}
    wrong: Any
    for wrong in ({1: 2}, [], {"a": math.nan}, {"a": object()}):
        with pytest.raises(Malformed):
            plain_stored(wrong)


@pytest.mark.parametrize(
    "text", ["", " \t\n", "\u200b", "\u2060\u3164", "\u115f\uffa0", "\u2800", "...", "\U000e0041"]
)
def test_blanks_signs_and_invisible_letters_say_nothing(text: str) -> None:
    assert not says_something(text)


@pytest.mark.parametrize("text", ["a", "é", "7", "理", "\u200bno", "(?) x"])
def test_a_letter_or_a_digit_that_is_seen_says_something(text: str) -> None:
    assert says_something(text)
