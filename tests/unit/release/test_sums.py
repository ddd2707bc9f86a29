from __future__ import annotations

import random
from collections.abc import Sequence
from decimal import Decimal
from itertools import combinations

import pytest

from spe.catalogue.variables import Missingness, Variable, VariableGroup, VariableType
from spe.code.layout import Layout, cell_labels, to_json
from spe.code.layout_parse import parse_layout
from spe.output.checks.finding import Code, Severity
from spe.output.model import Output
from spe.output.support import Cell, Support
from spe.release.differencing import compare
from spe.release.model import Release, ReleasedTable
from spe.release.regions import Released, Source
from spe.release.sums import _largest, _Sum
from spe.release.tables import as_released, kept
from spe.values import from_stored, to_data
from tests.fakes import someone
from tests.unit.output import tables as t

CODEBOOK = (
    Variable("place", "place", VariableType.CATEGORY, VariableGroup.CLINICAL, tuple("1234")),
    Variable("cost", "cost", VariableType.INTEGER, VariableGroup.OUTCOME, low=0, high=1000),
    Variable("one", "one", VariableType.INTEGER, VariableGroup.OUTCOME, low=0, high=1),
    Variable("arm", "arm", VariableType.CATEGORY, VariableGroup.TREATMENT, ("a", "b"), missing=Missingness.UNDER_5),
)  # fmt: skip
EVEN = [float(10 + at) for at in range(20)]
HERE = Source("h/d", "c1")


def places(**groups: str) -> Layout:
    return t.sum_layout(
        {"field": "place", "map": {one: label for label, ones in groups.items() for one in ones}}
    )


def released(layout: Layout, values: dict[str, list[float]], source: Source = HERE) -> Released:
    by_label: dict[str, list[float]] = {label: [] for (label,) in cell_labels(layout)}
    for group in layout.dimensions[0].groups:
        by_label[group.label] = [one for place in group.values for one in values[place]]
    cells = t.sums(layout, [by_label[label] for (label,) in cell_labels(layout)]).cells
    return Released("r", "p", frozenset({source}), layout, cells)


def codes(new: Released, *earlier: Released) -> set[Code]:
    return {
        finding.code
        for finding in compare([new], list(earlier), CODEBOOK, t.PROFILE)
        if finding.severity is Severity.STOP
    }


def even(**others: Sequence[float]) -> dict[str, list[float]]:
    return {one: list(others.get(f"p{one}", EVEN)) for one in "1234"}


def test_a_rest_that_one_person_dominates_is_stopped_and_an_even_one_is_not() -> None:
    wide, narrow = places(x="12", y="34"), places(x="1", y="234")
    dominated = even(p2=[900.0, *EVEN])
    assert codes(released(narrow, dominated), released(wide, dominated)) == {Code.SUM_CAN_BE_DERIVED}
    assert codes(released(narrow, even()), released(wide, even())) == set()


def test_a_rest_to_which_few_contribute_is_stopped() -> None:
    values = even(p2=[*([0.0] * 12), *EVEN[:9]])
    assert Code.SUM_CAN_BE_DERIVED in codes(
        released(places(x="1", y="234"), values), released(places(x="12", y="34"), values)
    )


def test_three_sums_that_give_a_fourth_are_compared_together() -> None:
    values = even(p1=[1000.0, *EVEN])
    first, second, third = (
        released(places(x=inside, y="".join(sorted(set("1234") - set(inside)))), values)
        for inside in ("12", "23", "13")
    )
    assert codes(second, first) == set()
    assert codes(third, first, second) == {Code.SUM_CAN_BE_DERIVED}


def test_the_same_sum_of_the_same_people_is_no_difference_and_of_others_it_is() -> None:
    layout, later = places(x="12", y="34"), Source("h/d", "c2")
    assert codes(released(layout, even(), later), released(layout, even())) == set()
    changed = even(p1=[*EVEN[:-1], 500.0])
    assert codes(released(layout, changed, later), released(layout, even())) == {Code.DIFFERS_BY_FEW}
    elsewhere = Source("other/d", "c2")
    assert codes(released(layout, changed, elsewhere), released(layout, even())) == set()


def test_a_rest_over_two_cohorts_is_a_rest_too() -> None:
    dominated, later = even(p2=[900.0, *EVEN]), Source("h/d", "c2")
    narrow = released(places(x="1", y="234"), dominated, later)
    assert Code.SUM_CAN_BE_DERIVED in codes(narrow, released(places(x="12", y="34"), dominated))


def test_a_mean_of_zeros_and_ones_is_compared_with_counts() -> None:
    layout = t.sum_layout({"field": "place", "map": dict.fromkeys("1234", "all")})
    raw = {**to_json(layout), "measure": {"field": "one", "low": 0, "high": 1, "decimals": 2}, "kind": "mean"}
    measured = parse_layout(raw)
    ones = Released("r", "p", frozenset({HERE}), measured, t.sums(measured, [[1.0] * 25 + [0.0] * 75]).cells)
    by_place = {"field": "place", "map": {"1": "x", "2": "y", "3": "y", "4": "y"}}
    counts = t.count_layout(by_place, {"field": "one", "map": {"0": "no", "1": "yes"}})
    # with 20 of the 25 ones in `y`, five are left
    without = Released("r", "p", frozenset({HERE}), counts, t.counts(counts, [30, 5, 45, 20]).cells[2:])
    assert Code.FEW_CAN_BE_DERIVED in codes(without, ones)


def test_a_released_sum_without_its_contributions_stops_what_it_would_be_compared_with() -> None:
    bare = Released("r", "p", frozenset({HERE}), places(x="12", y="34"), (Cell(("x",), 40), Cell(("y",), 40)))
    assert Code.TOO_MANY_TO_COMPARE in codes(released(places(x="1", y="234"), even()), bare)


def test_tables_that_share_no_field_are_compared_by_their_totals() -> None:
    ages = Variable(
        "age",
        "age",
        VariableType.INTEGER,
        VariableGroup.DEMOGRAPHIC,
        low=0,
        high=2000,
        missing=Missingness.UNDER_5,
    )
    many = t.count_layout({"field": "age", "cuts": [float(at) for at in range(1, 600)]})
    arms = t.count_layout({"field": "arm", "map": {"a": "a", "b": "b"}})
    halves = t.count_layout({"field": "place", "map": {"1": "x", "2": "x", "3": "y", "4": "y"}})

    def found(*people: int) -> set[Code]:
        earlier = [
            Released("r", "p", frozenset({HERE}), many, t.counts(many, [20] * 600).cells),
            Released("r", "p", frozenset({HERE}), arms, t.counts(arms, list(people)).cells),
        ]
        new = Released("r", "p", frozenset({HERE}), halves, t.counts(halves, [6020, 6000]).cells)
        return {one.code for one in compare([new], earlier, (*CODEBOOK, ages), t.PROFILE)}

    assert found(6000, 6000) == {Code.TOO_MANY_TO_COMPARE}
    assert Code.FEW_CAN_BE_DERIVED in found(6010, 6005)


def test_what_is_kept_of_a_sum_is_read_back_as_it_was() -> None:
    layout = places(x="12", y="34")
    cells = released(layout, even(p1=[0.1, 900.0, *EVEN])).cells
    release = Release(id="rel", permit="p", site="h", dataset="d", by=someone().id, files=(), asked=0)
    output = Output(
        id="out", run="r", permit="p", site="h", name="t", layout=to_json(layout), cohort="c", rows="c1",
        collected=0, raw_sha256="",
    )  # fmt: skip
    table = kept(release, output, Support("t", 80, 0, cells))
    again = as_released(from_stored(ReleasedTable, to_data(table)))
    assert again.sources == frozenset({HERE})
    sums = [cell.measured for cell in again.cells if cell.measured]
    assert [(one.total, one.largest, one.nonzero) for one in sums] == [
        (cell.measured.total, cell.measured.largest, cell.measured.nonzero) for cell in cells if cell.measured
    ]
    assert sums[0].largest[0] == Decimal(900)


@pytest.mark.parametrize("seed", range(10))
def test_no_rest_holds_larger_contributions_than_its_bounds(seed: int) -> None:
    dice = random.Random(seed)
    values = [[float(dice.choice([1, 5, dice.randint(1, 900)])) for _ in range(12)] for _ in range(6)]
    groups = [frozenset(dice.sample(range(6), dice.randint(1, 5))) for _ in range(8)]
    sums = [
        _Sum(group, 12 * len(group), t.measured([one for at in group for one in values[at]]))
        for group in groups
    ]
    for size in range(1, 7):
        for chosen in combinations(range(6), size):
            true = sorted((one for at in chosen for one in values[at]), reverse=True)
            for bound, largest in zip(_largest(frozenset(chosen), sums), true, strict=False):
                assert bound >= largest or not any(set(chosen) <= group for group in groups)
