from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spe.catalogue.variables import Variable, VariableGroup, VariableType
from spe.code.layout import axes, cell_count, fields, header, to_json
from spe.code.layout_check import check_layout
from spe.code.layout_parse import parse_layout, parse_layouts
from spe.errors import Malformed

CODEBOOK = (
    Variable("grade", "tumour grade", VariableType.CATEGORY, VariableGroup.CLINICAL, ("I", "II", "III")),
    Variable("age", "age", VariableType.INTEGER, VariableGroup.CLINICAL, low=18, high=100, unit="years"),
    Variable("event", "event", VariableType.INTEGER, VariableGroup.CLINICAL, low=0, high=1),
    Variable(
        "time", "time to event", VariableType.NUMBER, VariableGroup.CLINICAL, low=0, high=3000, unit="days"
    ),
)


def count(**changes: Any) -> dict[str, Any]:
    grade = {"field": "grade", "map": {"I": "I-II", "II": "I-II", "III": "III"}}
    return {"name": "t", "kind": "count", "file": "t.csv", "dimensions": [grade]} | changes


def life(**changes: Any) -> dict[str, Any]:
    event = {"field": "event", "values": [1]}
    base = {"name": "l", "kind": "life_table", "file": "l.csv", "duration": "time", "event": event}
    return base | {"grid": [0, 365.25, 730.5]} | changes


def mean(**changes: Any) -> dict[str, Any]:
    measure = {"field": "age", "low": 18, "high": 100}
    return {"name": "m", "kind": "mean", "file": "m.csv", "measure": measure} | changes


@pytest.mark.parametrize("raw", [count(), life(), mean(), mean(kind="sum"), count(dimensions=[])])
def test_a_layout_survives_json_with_sorted_keys(raw: dict[str, Any]) -> None:
    layout = parse_layout(raw)
    assert parse_layout(json.loads(json.dumps(to_json(layout), sort_keys=True))) == layout


def test_an_other_file_survives_json() -> None:
    layout = parse_layout({"name": "o", "kind": "other", "file": "o.json", "media_type": "application/json"})
    assert parse_layout(to_json(layout)) == layout


def test_merged_groups_and_cuts_give_labels_in_declared_order() -> None:
    age = {"field": "age", "cuts": [50, 60.5]}
    layout = parse_layout(count(dimensions=[*count()["dimensions"], age]))
    assert axes(layout) == (("I-II", "III"), ("<50", "50-<60.5", ">=60.5"))
    assert header(layout) == ("grade", "age", "n")
    assert cell_count(layout) == 6
    assert fields(layout) == ("age", "grade")


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (count(filter="age > 50"), "output.filter"),
        (count(kind="median"), "output.kind"),
        (count(name="a b"), "output.name"),
        (count(file="../t.csv"), "output.file"),
        (count(file="t.json"), "output.file"),
        (count(dimensions=[{"field": "grade", "map": {True: "x"}}]), "output.dimensions[0].map"),
        (count(dimensions=[{"field": "grade", "map": {"I": "=cmd()"}}]), "output.dimensions[0].map"),
        (count(dimensions=[{"field": "grade", "name": "n", "map": {"I": "I"}}]), "output.dimensions.name"),
        (count(dimensions=[{"field": "age", "cuts": [60, 50]}]), "output.dimensions[0].cuts"),
        (count(dimensions=[{"field": "age", "cuts": [float("nan")]}]), "output.dimensions[0].cuts"),
        (count(dimensions=[{"field": "age", "cuts": [5], "map": {"a": "b"}}]), "output.dimensions[0]"),
        (count(dimensions=[{"field": f"f{i}", "cuts": [1]} for i in range(5)]), "output.dimensions"),
        (count(dimensions=[{"field": f"f{i}", "cuts": list(range(101))} for i in range(2)]), "output"),
        (mean(measure={"field": "age", "low": 5, "high": 5}), "output.measure.low"),
        ({"name": "m", "kind": "sum", "file": "m.csv"}, "output.measure"),
        ({"name": "m", "kind": "life_table", "file": "m.csv"}, "output.duration"),
        (life(grid=[-1, 5]), "output.grid"),
        ({"name": "o", "kind": "other", "file": "o.csv", "media_type": "text/html"}, "output.media_type"),
        ([], "output"),
    ],
)
def test_what_breaks_the_schema_is_refused_with_its_path(raw: object, path: str) -> None:
    with pytest.raises(Malformed) as refused:
        parse_layout(raw)
    assert str(refused.value).startswith(f"{path}")


def test_twenty_outputs_are_enough_and_names_are_used_once() -> None:
    with pytest.raises(Malformed):
        parse_layouts([count(name=f"t{i}", file=f"t{i}.csv") for i in range(21)])
    with pytest.raises(Malformed):
        parse_layouts([count(), count(file="u.csv")])
    with pytest.raises(Malformed):
        parse_layouts([count(), count(name="u")])
    assert len(parse_layouts([count(), count(name="u", file="u.csv")])) == 2


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys([*count(), *life(), *mean(), "media_type"], JSON)))
def test_anything_else_is_malformed_or_a_layout_and_never_another_error(raw: dict[str, object]) -> None:
    for base in (count(), life(), mean()):
        try:
            parse_layout(base | raw)
        except Malformed:
            continue


@pytest.mark.parametrize(
    ("raw", "codes"),
    [
        (count(), []),
        (life(), []),
        (mean(), []),
        (count(dimensions=[{"field": "stage", "cuts": [1]}]), ["unknown_field"]),
        (count(dimensions=[{"field": "grade", "map": {"I": "a", "II": "a"}}]), ["category_not_mapped"]),
        (
            count(dimensions=[{"field": "grade", "map": {"I": "a", "II": "a", "III": "b", "IV": "b"}}]),
            ["unknown_category"],
        ),
        (count(dimensions=[{"field": "age", "cuts": [18, 101]}]), ["cut_outside_range"] * 2),
        (count(dimensions=[{"field": "grade", "cuts": [1]}]), ["needs_map"]),
        (count(dimensions=[{"field": "time", "map": {"1": "a"}}]), ["needs_cuts"]),
        (mean(measure={"field": "age", "low": 18, "high": 19}), ["bounds_not_the_codebooks"]),
        (mean(measure={"field": "grade", "low": 1, "high": 2}), ["not_a_number"]),
        (life(duration="grade"), ["not_a_number"]),
        (life(grid=[0, 5000]), ["cut_outside_range"]),
        (life(event={"field": "time", "values": [1]}), ["not_an_event"]),
        (life(event={"field": "event", "values": [2]}), ["unknown_category"]),
        (life(event={"field": "event", "values": [0, 1]}), ["everything_is_an_event"]),
    ],
)
def test_a_layout_is_held_against_the_codebook(raw: dict[str, Any], codes: list[str]) -> None:
    assert [problem.code for problem in check_layout(parse_layout(raw), CODEBOOK)] == codes
