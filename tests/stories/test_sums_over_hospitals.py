"""Three hospitals whose tables are too small to leave: their encrypted sum is the table of all, to the last unit.

GBSG2 in three blocks, counted at each by the same trusted code that recomputes outputs; no directives.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from spe.code.layout import Layout
from spe.code.layout_parse import parse_layout
from spe.crypto.sums.slots import NoSum
from spe.demo.hospitals import Hospital, hospitals, whole_gbsg2
from spe.errors import StoppedByChecks
from spe.federation.pooled import Pooled, for_people, hand_over
from spe.federation.tables import layout_of, numbers
from spe.output.canonical import parse_support, plan
from spe.output.checks.assess import Verdict, check_output
from spe.output.recompute.program import main
from spe.output.support import Support
from spe.setup.environments import RuntimeEnvironment
from tests.builders import CHECKOUT, EVENT, THERAPY
from tests.summing import World
from tests.unit.output.tables import PROFILE

RUNTIME = RuntimeEnvironment(CHECKOUT).folder
MERGED = {"field": "tgrade", "name": "grade", "map": {"I": "I+II", "II": "I+II", "III": "III"}}
YEARS = [0, 365.25, 730.5, 1095.75, 1461, 1826.25, 2191.5]
TABLE = parse_layout(
    {"name": "merged", "kind": "count", "file": "merged.csv", "dimensions": [MERGED, THERAPY, EVENT]}
)
LIFE = parse_layout(
    {
        "name": "yearly",
        "kind": "life_table",
        "file": "yearly.csv",
        "duration": "time",
        "event": {"field": "cens", "values": ["1"]},
        "grid": YEARS,
    }
)
TABLES = (TABLE, LIFE)


def counted(hospital: Hospital, folder: Path, tables: tuple[Layout, ...] = TABLES) -> Mapping[str, Support]:
    """Return what trusted code counts at one hospital."""
    results = folder / hospital.id
    results.mkdir()
    (results / "plan").write_bytes(plan(tables, "pid"))
    (results / "cohort").write_bytes(hospital.table())
    assert main([str(results / name) for name in ("plan", "cohort", "none", "")]) == 0
    return parse_support((results / "support.json").read_bytes(), tables).supports


@pytest.fixture(scope="module")
def blocks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Mapping[str, Support]]:
    folder = tmp_path_factory.mktemp("blocks")
    return {one.id: counted(one, folder) for one in hospitals(RUNTIME)}


@pytest.fixture(scope="module")
def pooled(blocks: dict[str, Mapping[str, Support]]) -> tuple[Pooled, ...]:
    world = World(tuple(blocks))
    terms = world.terms(layout=layout_of(TABLES))
    values = {site: numbers(TABLES, supports) for site, supports in blocks.items()}
    return hand_over(world.opened(world.collected(terms, values)), TABLES)


def test_one_hospitals_table_is_stopped_by_the_checks(blocks: dict[str, Mapping[str, Support]]) -> None:
    for supports in blocks.values():
        found = check_output(TABLE, supports["merged"], None, PROFILE)
        assert found.verdict is Verdict.STOP
        assert "few_people" in {finding.code.value for finding in found.findings} or found.findings


def test_the_sum_is_the_table_of_all_patients_byte_for_byte(
    pooled: tuple[Pooled, ...], tmp_path: Path
) -> None:
    whole = counted(whole_gbsg2(RUNTIME), tmp_path)
    for one in pooled:
        assert one.support.cells == whole[one.layout.name].cells
        assert (one.support.rows, one.support.excluded) == (686, 0)
        assert one.content == (tmp_path / "biobank-uppsala" / one.layout.file).read_bytes()


def test_its_figures_are_the_published_ones(pooled: tuple[Pooled, ...]) -> None:
    table, life = pooled
    cells = {cell.labels: cell.n for cell in table.support.cells}
    grades = {
        (grade, therapy): (
            cells[grade, therapy, "yes"],
            cells[grade, therapy, "yes"] + cells[grade, therapy, "no"],
        )
        for grade in ("I+II", "III")
        for therapy in ("no", "yes")
    }
    assert grades == {
        ("I+II", "no"): (149, 329),
        ("I+II", "yes"): (71, 196),
        ("III", "no"): (56, 111),
        ("III", "yes"): (23, 50),
    }
    survival, left = [], 1.0
    for cell in life.support.cells:
        left *= 1 - cell.events / (cell.n - cell.censored / 2)
        survival.append(round(left, 3))
    assert survival == [0.917, 0.746, 0.642, 0.558, 0.492, 0.428]


def test_the_sum_may_go_to_people_and_says_whose_cohorts_are_in_it(pooled: tuple[Pooled, ...]) -> None:
    for one in pooled:
        assert for_people(one, PROFILE) is one
        assert [site for site, _ in one.sources] == ["hospital-berlin", "hospital-madrid", "hospital-milano"]
        assert len(one.sha256) == 64


def test_a_sum_that_is_still_too_small_is_stopped(tmp_path: Path) -> None:
    grade = {"field": "tgrade", "name": "grade", "map": {"I": "I", "II": "II", "III": "III"}}
    small = parse_layout(
        {"name": "small", "kind": "count", "file": "small.csv", "dimensions": [grade, THERAPY, EVENT]}
    )
    found = {one.id: counted(one, tmp_path, (small,)) for one in hospitals(RUNTIME)}
    world = World(tuple(found))
    values = {site: numbers((small,), supports) for site, supports in found.items()}
    opened = world.opened(world.collected(world.terms(layout=layout_of((small,))), values))
    with pytest.raises(StoppedByChecks, match="small can't leave"):
        for_people(hand_over(opened, (small,))[0], PROFILE)


def test_a_hospital_that_left_one_out_changes_the_sum_by_one_and_no_more(
    blocks: dict[str, Mapping[str, Support]],
) -> None:
    world = World(tuple(blocks))
    values = {site: numbers((TABLE,), supports) for site, supports in blocks.items()}
    first = world.opened(world.collected(world.terms(layout=layout_of((TABLE,))), values))
    values["hospital-milano"][0] -= 1
    values["hospital-milano"][-1] -= 1
    cohorts = dict.fromkeys(blocks, "c2")
    second = world.opened(world.collected(world.terms(layout=layout_of((TABLE,))), values, cohorts))
    assert sum(first.values) - sum(second.values) == 2


def test_a_site_whose_numbers_are_of_no_people_is_found_where_they_do_not_add_up(
    blocks: dict[str, Mapping[str, Support]],
) -> None:
    world = World(tuple(blocks))
    values = {site: numbers((TABLE,), supports) for site, supports in blocks.items()}
    values["hospital-milano"][-1] += 1
    opened = world.opened(world.collected(world.terms(layout=layout_of((TABLE,))), values))
    with pytest.raises(Exception, match="don't add up") as refused:
        hand_over(opened, (TABLE,))
    assert not isinstance(refused.value, NoSum)
