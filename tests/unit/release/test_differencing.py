from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from itertools import product

import pytest

from spe.catalogue.variables import Missingness, Variable, VariableGroup, VariableType
from spe.code.layout import Layout
from spe.output.checks.finding import Audience, Code, Finding
from spe.output.support import Support
from spe.release.differencing import compare
from spe.release.regions import Released, Source
from tests.unit.output import tables as t

CODEBOOK = (
    Variable("grade", "grade", VariableType.CATEGORY, VariableGroup.CLINICAL, ("I", "II", "III")),
    Variable("therapy", "therapy", VariableType.CATEGORY, VariableGroup.TREATMENT, ("no", "yes")),
    Variable("event", "event", VariableType.INTEGER, VariableGroup.OUTCOME, low=0, high=1),
    Variable("time", "time", VariableType.NUMBER, VariableGroup.OUTCOME, low=0, high=3000),
    Variable("age", "age", VariableType.INTEGER, VariableGroup.DEMOGRAPHIC, low=18, high=200),
)
NORTH, SOUTH, WEST = (Source(site, "c1") for site in ("north", "south", "west"))
AGES: dict[str, object] = {"field": "age", "name": "age"}


def table(layout: Layout, numbers: list[int], *sources: Source, release: str = "r1") -> Released:
    return of(layout, t.counts(layout, numbers), *sources, release=release)


def of(layout: Layout, support: Support, *sources: Source, release: str = "r1") -> Released:
    return Released(release, "permit", frozenset(sources or (NORTH,)), layout, support.cells)


def found(new: Released | list[Released], *earlier: Released) -> set[Code]:
    candidates = new if isinstance(new, list) else [new]
    return {finding.code for finding in compare(candidates, earlier, CODEBOOK, t.PROFILE)}


THERAPY = t.count_layout(t.THERAPY)
LATER = (Source("north", "c2"),)


def test_a_first_release_has_nothing_to_differ_from() -> None:
    assert found(table(THERAPY, [157, 72])) == set()
    assert found(table(THERAPY, [157, 72]), table(THERAPY, [157, 72])) == set()


@pytest.mark.parametrize(("withdrawn", "stopped"), [(0, False), (1, True), (9, True), (10, False)])
def test_a_cohort_that_lost_a_few_people_is_stopped(withdrawn: int, stopped: bool) -> None:
    new = table(THERAPY, [157 - withdrawn, 72], *LATER, release="r2")
    assert (Code.DIFFERS_BY_FEW in found(new, table(THERAPY, [157, 72]))) is stopped


def test_everybody_reads_that_it_stops_and_only_checkers_where() -> None:
    findings = compare([table(THERAPY, [156, 72], *LATER)], [table(THERAPY, [157, 72])], CODEBOOK, t.PROFILE)
    public = [finding for finding in findings if finding.audience is Audience.EVERYBODY]
    assert [(finding.code, finding.cell) for finding in public] == [(Code.DIFFERS_BY_FEW, ())]
    assert any("therapy: no" in finding.cell for finding in findings)
    assert "156" not in repr(findings)


def test_another_site_is_another_population() -> None:
    assert found(table(THERAPY, [156, 72], SOUTH), table(THERAPY, [157, 72])) == set()


@pytest.mark.parametrize(("cut", "stopped"), [(60, True), (61, False)])
def test_shifted_cut_points_single_out_those_between(cut: int, stopped: bool) -> None:
    wide = t.count_layout(AGES | {"cuts": [50]})
    shifted = t.count_layout(AGES | {"cuts": [cut]})
    between = 5 if stopped else 15
    new = table(shifted, [100 + between, 100 - between])
    assert bool(found(new, table(wide, [100, 100]))) is stopped


@pytest.mark.parametrize(("others", "stopped"), [(0, True), (5, True), (10, False)])
def test_a_refined_group_less_its_parts_is_a_count_that_leaves(others: int, stopped: bool) -> None:
    pairs = t.count_layout({"field": "grade", "name": "grade", "map": {"I": "I", "II": "x", "III": "x"}})
    rest = t.count_layout({"field": "grade", "name": "grade", "map": {"I": "x", "II": "x", "III": "III"}})
    assert bool(found(table(pairs, [50, 60]), table(rest, [50 + others, 60 - others]))) is stopped


def test_years_inside_all_events_leave_the_late_ones() -> None:
    life = of(t.life_layout(), t.lives(t.life_layout(), t.LIVES))
    events = t.count_layout(t.EVENT)
    assert Code.FEW_CAN_BE_DERIVED in found(life, table(events, [387, 299]))
    shorter = t.life_layout(grid=t.YEARS[:-1])
    assert found(of(shorter, t.lives(shorter, t.LIVES[:-1])), table(events, [387, 299])) == set()


def test_two_outputs_of_one_release_are_compared_too() -> None:
    life = of(t.life_layout(), t.lives(t.life_layout(), t.LIVES))
    assert found([life, table(t.count_layout(t.EVENT), [387, 299])]) == {Code.FEW_CAN_BE_DERIVED}


def test_a_pool_less_two_sites_is_the_third() -> None:
    pool = table(THERAPY, [100, 65], NORTH, SOUTH, WEST)
    parts = [table(THERAPY, [40, 30], site) for site in (NORTH, SOUTH)]
    assert Code.FEW_CAN_BE_DERIVED in found(pool, *parts)
    assert found(replace(pool, cells=t.counts(THERAPY, [100, 75]).cells), *parts) == set()


def test_a_pool_that_lost_a_few_people_at_one_site_is_stopped() -> None:
    before = table(THERAPY, [100, 65], NORTH, SOUTH, WEST)
    after = table(THERAPY, [99, 65], Source("north", "c2"), SOUTH, WEST)
    assert Code.DIFFERS_BY_FEW in found(after, before)


def two_way_tables(small: dict[tuple[int, int, int], int]) -> list[Released]:
    cube = dict.fromkeys(product(range(2), repeat=3), 30) | small
    splits: list[Mapping[str, object]] = [t.THERAPY, t.EVENT, AGES | {"cuts": [50]}]
    out = []
    for left, right in ((0, 1), (0, 2), (1, 2)):
        sums = Counter[tuple[int, int]]()
        for place, n in cube.items():
            sums[place[left], place[right]] += n
        out.append(table(t.count_layout(splits[left], splits[right]), [sums[key] for key in sorted(sums)]))
    return out


def test_three_two_way_tables_give_a_small_cell_away_by_its_bounds() -> None:
    first, second, third = two_way_tables({(0, 0, 0): 1, (1, 1, 1): 1})
    assert found(second, first) == set()
    assert Code.FEW_CAN_BE_DERIVED in found(third, first, second)
    first, second, third = two_way_tables({(0, 0, 0): 1})
    assert found(third, first, second) == set()


def test_a_value_that_may_be_missing_leaves_those_without_it() -> None:
    codebook = tuple(replace(v, missing=Missingness.UNDER_5) if v.name == "grade" else v for v in CODEBOOK)
    grades = table(t.count_layout(t.GRADE), [60, 80, 86])
    total = table(THERAPY, [157, 72])
    assert compare([grades], [total], codebook, t.PROFILE)
    assert Code.FEW_CAN_BE_DERIVED in {f.code for f in compare([grades], [total], codebook, t.PROFILE)}
    fewer = table(t.count_layout(t.GRADE), [60, 80, 79])
    assert compare([fewer], [total], codebook, t.PROFILE) == ()


def test_what_earlier_releases_gave_away_is_not_held_against_the_candidate() -> None:
    leaked = [table(THERAPY, [157, 72]), table(THERAPY, [157, 71], *LATER)]
    assert found(table(t.count_layout(t.EVENT), [114, 115]), *leaked) == set()


def test_more_than_can_be_compared_is_said() -> None:
    wide: list[Mapping[str, object]] = [AGES | {"cuts": list(range(20, 120))}, t.GRADE, t.THERAPY, t.EVENT]
    layout = t.count_layout(*wide)
    findings: tuple[Finding, ...] = compare(
        [table(layout, [50] * 1212)],
        [table(t.count_layout({**AGES, "cuts": [30.5]}), [50, 50])],
        CODEBOOK,
        t.PROFILE,
    )
    assert Code.TOO_MANY_TO_COMPARE in {finding.code for finding in findings}
