"""What differencing misses: each test is a set of tables that all pass, and a number that nobody should work out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from spe.catalogue.variables import Variable, VariableGroup, VariableType
from spe.code.layout import Layout, cell_labels
from spe.code.layout_parse import parse_layout
from spe.output.checks.assess import check_support
from spe.output.checks.finding import Profile, Severity
from spe.output.support import Cell, Measured, Support
from spe.release.differencing import compare
from spe.release.regions import Released, Source

PROFILE = Profile("2026-11", 10, 0.5, 0.75, 10.0, 0.9, 0.2, 64, 4)
CODEBOOK = (
    Variable("site", "s", VariableType.CATEGORY, VariableGroup.CLINICAL, tuple("123456")),
    *(
        Variable(name, name, VariableType.INTEGER, VariableGroup.CLINICAL, low=0, high=500)
        for name in ("u", "v", "w")
    ),
)


def count_of(*dimensions: Mapping[str, Any]) -> Layout:
    return parse_layout({"name": "t", "kind": "count", "file": "t.csv", "dimensions": list(dimensions)})


def table(release: str, layout: Layout, counts: Sequence[int], cohort: str = "c") -> Released:
    cells = tuple(Cell(labels, n) for labels, n in zip(cell_labels(layout), counts, strict=True))
    return Released(release, "p", frozenset({Source("h/d", cohort)}), layout, cells)


def halves(inside: str) -> Layout:
    """Two groups of the six places: those in `inside` and the rest."""
    return count_of({"field": "site", "map": {one: "in" if one in inside else "out" for one in "123456"}})


def halved(people: Mapping[str, int], inside: str) -> Released:
    layout, here = halves(inside), sum(people[one] for one in inside)
    numbers = {"in": here, "out": sum(people.values()) - here}
    return table(inside, layout, [numbers[label] for (label,) in cell_labels(layout)])


def stopped(candidate: Released, *earlier: Released) -> bool:
    found = compare([candidate], list(earlier), CODEBOOK, PROFILE)
    return any(finding.severity is Severity.STOP for finding in found)


def test_a_union_of_two_classes_that_two_releases_leave_between_them_is_found() -> None:
    # places 3 and 4 have two people each; {1,2,3,4} less {1,2} is those four
    people = {"1": 15, "2": 15, "3": 2, "4": 2, "5": 30, "6": 30}

    first, second, third = (halved(people, inside) for inside in ("35", "12", "1234"))
    assert not stopped(first)
    assert not stopped(second, first)
    assert stopped(third, first, second), "34 less 30 people: the four of places 3 and 4"


def test_three_tables_are_compared_together_whatever_else_was_released() -> None:
    # n1 = (n12 + n13 - n23) / 2 is three people
    people = {"1": 3, "2": 20, "3": 20, "4": 20, "5": 0, "6": 0}

    ab, bc, ca = (halved(people, inside) for inside in ("12", "23", "13"))
    assert stopped(ca, ab, bc), "three tables alone are seen through"
    cuts = [20 * at for at in range(1, 10)]
    harmless = [
        table(name, count_of({"field": name, "cuts": cuts}), [630] * 10, cohort="other")
        for name in ("u", "v", "w")
    ]
    assert stopped(ca, ab, bc, *harmless), "three tables of ten cells turn the joint comparison off"


def test_a_total_that_counts_more_people_than_its_own_groups_is_found() -> None:
    # three people have no value although the codebook says that none is missing: delivery admits them
    split = table("r1", count_of({"field": "site", "map": {one: one for one in "123456"}}), [50] * 6)
    total = table("r2", count_of(), [303])
    assert stopped(total, split)


def sums(dimension: Mapping[str, str], values: Mapping[str, tuple[int, int, int]]) -> tuple[Layout, Support]:
    """Support of a sum: label -> (people, value of all but one each, value of the one)."""
    layout = parse_layout(
        {
            "name": "t",
            "kind": "sum",
            "file": "t.csv",
            "dimensions": [{"field": "site", "map": dict(dimension)}],
            "measure": {"field": "u", "low": 0, "high": 500},
        }
    )
    cells = []
    for (label,) in cell_labels(layout):
        n, usual, largest = values[label]
        total = Decimal((n - 1) * usual + largest)
        sizes = sorted([Decimal(largest), Decimal(usual)], reverse=True)
        measured = Measured(total, total, (sizes[0], sizes[1]), n, 0, 0, Decimal(usual), Decimal(largest))
        cells.append(Cell((label,), n, measured=measured))
    return layout, Support("t", 0, 0, tuple(cells))


def passes(layout: Layout, support: Support) -> bool:
    return all(finding.severity is not Severity.STOP for finding in check_support(layout, support, PROFILE))


def test_a_sum_that_one_person_dominates_does_not_leave_as_the_difference_of_two_tables() -> None:
    # place 2: twelve people, eleven with 1 and one with 500
    plain = dict.fromkeys("3456", "rest")
    alone = sums({"1": "1", "2": "2", **plain}, {"1": (200, 5, 6), "2": (12, 1, 500), "rest": (50, 5, 6)})
    assert not passes(*alone)
    wide = sums({"1": "1+2", "2": "1+2", **plain}, {"1+2": (212, 5, 500), "rest": (50, 5, 6)})
    narrow = sums(
        {"1": "1", "2": "2+", **dict.fromkeys("3456", "2+")}, {"1": (200, 5, 6), "2+": (62, 20, 500)}
    )
    assert passes(*wide)
    assert passes(*narrow)
    tables = [
        Released(f"r{at}", "p", frozenset({Source("h/d", "c")}), layout, support.cells)
        for at, (layout, support) in enumerate((wide, narrow))
    ]
    assert stopped(tables[1], tables[0]), "sum(1+2) - sum(1) is the sum of place 2, 98 % of it one person's"


def test_a_sum_over_a_cohort_in_which_one_person_took_another_s_place_is_found() -> None:
    layout, before = sums(dict.fromkeys("123456", "all"), {"all": (100, 5, 6)})
    _, after = sums(dict.fromkeys("123456", "all"), {"all": (100, 5, 400)})
    first = Released("r1", "p", frozenset({Source("h/d", "c1")}), layout, before.cells)
    second = Released("r2", "p", frozenset({Source("h/d", "c2")}), layout, after.cells)
    assert stopped(second, first), "the difference is one newcomer's value less one leaver's"
