from __future__ import annotations

from dataclasses import asdict, replace

import pytest

from spe.code.layout import Layout
from spe.code.layout_parse import parse_layout
from spe.errors import Malformed
from spe.output.checks.assess import Verdict, check_output, for_data_user
from spe.output.checks.finding import Code, Severity, parse_profile
from spe.output.support import Agreement, Cell, ColumnFacts, Difference, FileFacts, Support
from tests.unit.output import tables as t

CLEAN = ColumnFacts(values=3, distinct=3, numeric=3, distinct_numeric=3, longest_text=8, subjects=0)
OTHER = parse_layout(
    {"name": "o", "kind": "other", "file": "o.csv", "media_type": "text/csv", "max_bytes": 1000}
)
FILE = FileFacts("o", True, 100, "0" * 64, "text/csv", 3, 686, (CLEAN,))


def codes(layout: Layout, support: Support) -> set[Code]:
    return {finding.code for finding in check_output(layout, support, None, t.PROFILE).findings}


def file_codes(facts: FileFacts) -> set[Code]:
    found = check_output(OTHER, None, facts, t.PROFILE).findings
    return {finding.code for finding in found if finding.severity is Severity.STOP}


def test_three_grades_are_stopped_with_the_cell_that_is_small() -> None:
    layout, support = t.by_grade(t.POOLED)
    assessment = check_output(layout, support, None, t.PROFILE)
    assert assessment.verdict is Verdict.STOP
    told = for_data_user(assessment)
    assert [(finding.code, finding.cell) for finding in told] == [
        (Code.BELOW_THRESHOLD, ("I", "yes", "event"))
    ]
    assert told[0].params == (("threshold", "10"),)


def test_merged_grades_go_to_people_and_no_further() -> None:
    layout = t.count_layout(t.MERGED, t.THERAPY, t.EVENT)
    support = t.counts(layout, [180, 149, 125, 71, 55, 56, 27, 23])
    assert check_output(layout, support, None, t.PROFILE).verdict is Verdict.PEOPLE


@pytest.mark.parametrize(("n", "stopped"), [(0, True), (1, True), (9, True), (10, False)])
def test_the_threshold_itself_passes_and_one_fewer_does_not(n: int, stopped: bool) -> None:
    layout = t.count_layout(t.THERAPY)
    assert (Code.BELOW_THRESHOLD in codes(layout, t.counts(layout, [50, n]))) is stopped


def test_empty_and_small_cells_read_the_same_to_the_data_user() -> None:
    layout = t.count_layout(t.THERAPY, t.EVENT)
    told = [
        for_data_user(check_output(layout, t.counts(layout, [50, 40, n, 30]), None, t.PROFILE))
        for n in range(10)
    ]
    assert all(findings == told[0] for findings in told)


def test_checkers_see_that_a_whole_group_is_in_one_class() -> None:
    layout = t.count_layout(t.THERAPY, t.EVENT)
    assert Code.CLASS_DISCLOSED in codes(layout, t.counts(layout, [50, 40, 0, 30]))
    assert Code.CLASS_DISCLOSED not in codes(layout, t.counts(layout, [50, 40, 1, 30]))


def test_checkers_see_a_group_that_is_nearly_in_one_class() -> None:
    layout = t.count_layout(t.THERAPY, t.EVENT)
    assert codes(layout, t.counts(layout, [990, 10, 300, 30])) == {Code.CLASS_CONCENTRATED}
    assert codes(layout, t.counts(layout, [90, 10, 30, 30])) == set()


def test_a_margin_that_gives_few_away_is_found() -> None:
    layout = t.count_layout(t.GRADE)
    assert Code.MARGIN_REVEALS in codes(layout, t.counts(layout, [4, 5, 80]))
    assert Code.MARGIN_REVEALS not in codes(layout, t.counts(layout, [9, 9, 80]))


@pytest.mark.parametrize(("excluded", "found"), [(0, False), (1, True), (9, True), (10, False)])
def test_few_excluded_rows_are_for_checkers(excluded: int, found: bool) -> None:
    layout = t.count_layout(t.THERAPY)
    assessment = check_output(layout, t.counts(layout, [50, 50], excluded), None, t.PROFILE)
    assert bool(assessment.findings) is found
    assert assessment.verdict is Verdict.PEOPLE
    assert for_data_user(assessment) == ()


EVEN = [float(10 + i) for i in range(20)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (EVEN, set()),
        ([900.0, *EVEN], {Code.DOMINATED_BY_ONE}),
        ([450.0, 449.0, *([5.0] * 19)], {Code.DOMINATED_BY_TWO}),
        ([900.0, 1.0, *([4.0] * 20)], {Code.DOMINATED_BY_ONE, Code.DOMINATED_BY_TWO, Code.RATIO_TOO_SMALL}),
        ([*EVEN[:9], *([0.0] * 11)], {Code.FEW_CONTRIBUTE}),
        ([7.0] * 20, {Code.SAME_VALUE}),
    ],
)
def test_a_planted_contributor_is_found_by_its_rule(values: list[float], expected: set[Code]) -> None:
    layout = t.sum_layout()
    found = codes(layout, t.sums(layout, [values]))
    assert found == expected or (expected == {Code.DOMINATED_BY_TWO} and expected <= found)


@pytest.mark.parametrize(("ones", "stopped"), [(9, True), (10, False), (20, False), (21, True)])
def test_a_mean_of_zeros_and_ones_is_a_count_of_both(ones: int, stopped: bool) -> None:
    layout = t.sum_layout(kind="mean", high=1)
    support = t.sums(layout, [[1.0] * ones + [0.0] * (30 - ones)])
    assert (Code.FEW_CONTRIBUTE in codes(layout, support)) is stopped


def test_the_yearly_life_table_passes() -> None:
    layout = t.life_layout()
    assert codes(layout, t.lives(layout, t.LIVES)) == set()


def test_by_arm_the_second_year_is_too_thin() -> None:
    layout = t.life_layout(t.THERAPY)
    found = check_output(layout, t.lives(layout, [*t.LIVES_NO, *t.LIVES_YES]), None, t.PROFILE).findings
    second_year = [finding for finding in found if finding.cell == ("yes", "365.25-<730.5")]
    assert [(finding.code, finding.params[0]) for finding in second_year] == [
        (Code.THIN_INTERVAL, ("column", "censored"))
    ]


def test_few_left_when_the_grid_ends_are_a_thin_tail() -> None:
    layout = t.life_layout(grid=[0, 1])
    assert codes(layout, t.lives(layout, [(50, 20, 20)])) == set()
    assert codes(layout, t.lives(layout, [(50, 20, 21)])) == {Code.THIN_TAIL}


def test_every_raw_kaplan_meier_step_is_stopped() -> None:
    layout = t.life_layout(grid=list(range(271)))
    steps = [(686 - 2 * i, 1, 1) for i in range(270)]
    found = check_output(layout, t.lives(layout, steps), None, t.PROFILE).findings
    assert {finding.cell for finding in found if finding.code is Code.THIN_INTERVAL} == {
        cell.labels for cell in t.lives(layout, steps).cells
    }


def test_cells_that_are_not_the_layouts_are_stopped() -> None:
    layout, support = t.by_grade(t.POOLED)
    assert codes(layout, replace(support, cells=support.cells[1:])) == {Code.CELLS_DIFFER}
    life = t.life_layout()
    assert codes(life, Support("life", 9, 0, (Cell(("0-<1",), 9),))) == {Code.GRID_DIFFERS}


def test_the_users_own_numbers_are_for_checkers_only() -> None:
    layout = t.count_layout(t.THERAPY)
    support = replace(
        t.counts(layout, [50, 50]), agreement=Agreement.VALUES, differences=(Difference(("no",), "n"),)
    )
    assessment = check_output(layout, support, None, t.PROFILE)
    assert [finding.code for finding in assessment.findings] == [Code.DIFFERS_FROM_RECOMPUTED]
    assert for_data_user(assessment) == ()
    assert assessment.verdict is Verdict.PEOPLE


def test_a_table_that_was_not_recomputed_is_stopped() -> None:
    assert check_output(t.count_layout(), None, None, t.PROFILE).verdict is Verdict.STOP
    assert check_output(OTHER, None, None, t.PROFILE).verdict is Verdict.STOP


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (FILE, set()),
        (replace(FILE, present=False), {Code.FILE_MISSING}),
        (replace(FILE, size=1001), {Code.FILE_TOO_LONG}),
        (replace(FILE, media="binary"), {Code.UNDECLARED_TYPE}),
        (replace(FILE, rows=137), set()),
        (replace(FILE, rows=138), {Code.LOOKS_LIKE_ROWS}),
        (replace(FILE, columns=(replace(CLEAN, distinct_numeric=138),)), {Code.LOOKS_LIKE_ROWS}),
        (replace(FILE, columns=(replace(CLEAN, subjects=1),)), {Code.HOLDS_SUBJECTS}),
        (replace(FILE, columns=(replace(CLEAN, longest_text=40),)), set()),
        (replace(FILE, columns=(replace(CLEAN, longest_text=41),)), {Code.FREE_TEXT}),
    ],
)
def test_a_file_that_cannot_be_recomputed_is_judged_by_its_shape(
    facts: FileFacts, expected: set[Code]
) -> None:
    assert file_codes(facts) == expected


@pytest.mark.parametrize(
    "columns",
    [
        (replace(CLEAN, values=1, numeric=1, distinct_numeric=1),) * 138,
        (replace(CLEAN, values=20, numeric=20, distinct_numeric=2),) * 7,
        (replace(CLEAN, values=138, numeric=0, distinct_numeric=0),),
    ],
    ids=["as columns", "in a block", "as words"],
)
def test_as_many_values_as_a_share_of_the_cohort_are_rows_however_they_are_arranged(
    columns: tuple[ColumnFacts, ...],
) -> None:
    assert file_codes(replace(FILE, columns=columns)) == {Code.LOOKS_LIKE_ROWS}
    assert file_codes(replace(FILE, cohort_rows=2000, columns=columns)) == set()


def test_whatever_is_wrong_with_a_file_or_a_cell_a_data_user_hears_the_same() -> None:
    bad = (replace(FILE, present=False), replace(FILE, media="text", rows=400))
    files = {for_data_user(check_output(OTHER, None, facts, t.PROFILE))[:1] for facts in bad}
    assert [[one.code for one in heard] for heard in files] == [[Code.FILE_REFUSED]]
    life = t.life_layout(grid=[0, 1])
    heard_of = {
        for_data_user(check_output(life, t.lives(life, [row]), None, t.PROFILE)) for row in THIN_LIVES
    }
    assert [[(one.code, one.cell) for one in heard] for heard in heard_of] == [
        [(Code.CELL_NOT_SAFE, ("0-<1",))]
    ]


THIN_LIVES = [(0, 0, 0), (9, 1, 1), (50, 9, 20), (50, 20, 9), (50, 20, 21)]


def test_a_profile_is_read_strictly() -> None:
    raw = asdict(t.PROFILE)
    assert parse_profile(raw) == t.PROFILE
    broken = [
        raw | {"extra": 1},
        raw | {"threshold": 2},
        raw | {"threshold": True},
        raw | {"p_percent": "10"},
    ]
    broken += [{key: value for key, value in raw.items() if key != name} for name in raw]
    for one in broken:
        with pytest.raises(Malformed):
            parse_profile(one)
