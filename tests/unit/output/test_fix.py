from __future__ import annotations

import pytest

from spe.code.layout_parse import parse_layout
from spe.errors import Malformed
from spe.output.canonical import canonical_bytes
from spe.output.checks.assess import Verdict, check_output
from spe.output.fix import CannotFixHere, Fix, WhyNot, suggest
from spe.output.merge import merge
from tests.unit.output import tables as t


def test_pooled_grades_are_mended_by_merging_one_and_two() -> None:
    layout, support = t.by_grade(t.POOLED)
    fix = suggest(layout, support, t.PROFILE)
    assert isinstance(fix, Fix)
    assert [(step.axis, step.after) for step in fix.steps] == [("grade", ("I+II", "III"))]
    assert [cell.n for cell in fix.support.cells] == [180, 149, 125, 71, 55, 56, 27, 23]
    assert check_output(fix.layout, fix.support, None, t.PROFILE).verdict is Verdict.PEOPLE


def test_at_one_site_grade_three_needs_pooling() -> None:
    layout, support = t.by_grade(t.ONE_SITE)
    answer = suggest(layout, support, t.PROFILE)
    assert isinstance(answer, CannotFixHere)
    assert answer.reason is WhyNot.NEEDS_POOLING
    assert set(answer.cells) == {("III", "yes", "none"), ("III", "yes", "event")}


def test_by_arm_the_second_year_is_merged() -> None:
    layout = t.life_layout(t.THERAPY)
    fix = suggest(layout, t.lives(layout, [*t.LIVES_NO, *t.LIVES_YES]), t.PROFILE)
    assert isinstance(fix, Fix)
    assert fix.layout == t.life_layout(t.THERAPY, grid=[0, 365.25, 1095.75, 1461, 2191.5])
    assert check_output(fix.layout, fix.support, None, t.PROFILE).verdict is Verdict.PEOPLE
    assert canonical_bytes(fix.layout, fix.support).decode().splitlines()[6] == "yes,365.25,1095.75,223,54,33"


def test_a_thin_tail_is_mended_by_ending_earlier() -> None:
    layout = t.life_layout(grid=[*t.YEARS, 2556.75])
    fix = suggest(layout, t.lives(layout, [*t.LIVES, (36, 3, 30)]), t.PROFILE)
    assert isinstance(fix, Fix)
    assert fix.layout == t.life_layout()


def test_cut_points_are_dropped_where_few_are_between_them() -> None:
    layout = t.count_layout({"field": "age", "name": "age", "cuts": [30, 40, 50]})
    fix = suggest(layout, t.counts(layout, [3, 20, 30, 9]), t.PROFILE)
    assert isinstance(fix, Fix)
    assert fix.layout.dimensions[0].cuts == (40.0,)
    assert [cell.n for cell in fix.support.cells] == [23, 39]


def test_two_axes_are_merged_where_one_is_not_enough() -> None:
    ages = {"field": "age", "name": "age", "cuts": [40, 60]}
    layout = t.count_layout(t.GRADE, ages)
    fix = suggest(layout, t.counts(layout, [3, 30, 30, 9, 30, 30, 30, 3, 8]), t.PROFILE)
    assert isinstance(fix, Fix)
    assert {step.axis for step in fix.steps} == {"grade", "age"}
    assert check_output(fix.layout, fix.support, None, t.PROFILE).verdict is Verdict.PEOPLE


def test_a_dominated_sum_is_mended_by_a_neighbour() -> None:
    layout = t.sum_layout(t.GRADE)
    even = [float(10 + i) for i in range(40)]
    fix = suggest(layout, t.sums(layout, [even, [900.0, *even[:20]], even * 2]), t.PROFILE)
    assert isinstance(fix, Fix)
    assert [cell.n for cell in fix.support.cells] == [40, 101]


def test_what_no_merge_can_mend_says_why() -> None:
    passing = t.count_layout(t.THERAPY)
    assert suggest(passing, t.counts(passing, [50, 50]), t.PROFILE) == CannotFixHere(WhyNot.NOTHING_TO_FIX)
    wrong = t.counts(t.count_layout(t.GRADE), [1, 1, 1])
    assert suggest(passing, wrong, t.PROFILE) == CannotFixHere(WhyNot.NOT_A_MATTER_OF_CELLS)
    other = parse_layout({"name": "o", "kind": "other", "file": "o.csv", "media_type": "text/csv"})
    assert suggest(other, wrong, t.PROFILE) == CannotFixHere(WhyNot.NOT_A_TABLE)


def test_a_merge_that_splits_or_relabels_is_refused() -> None:
    fine, support = t.by_grade(t.POOLED)
    coarse = t.count_layout(t.MERGED, t.THERAPY, t.EVENT)
    merged = merge(support, fine, coarse)
    assert sum(cell.n for cell in merged.cells) == 686
    for old, new, of in ((coarse, fine, merged), (fine, t.count_layout(t.MERGED, t.THERAPY), support)):
        with pytest.raises(Malformed):
            merge(of, old, new)
    with pytest.raises(Malformed):
        merge(t.lives(t.life_layout(), t.LIVES), t.life_layout(), t.life_layout(grid=[0, 500]))
