"""What the machine stops before any person looks, on real patients' rows (a third of GBSG2) and on planted ones.

Three grades by therapy by event: stopped with a reason for each thin cell, and told that at one site no merge helps. Three
grades by event: stopped too, but one command merges two grades and it passes. Under another permit, on made-up rows: a sum that one
patient dominates, a file with a line for each person, a picture under a table's name. None of them reaches a checker as it is.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.builders import (
    BERLIN,
    EVENT,
    FEW,
    GRADE,
    GRADE_TABLE,
    MILANO,
    THERAPY,
    THERAPY_TABLE,
    Table,
    block,
    counts,
    patients,
    project,
)
from tests.cast import Cast
from tests.voices import refused

STORY = (
    "permit.issued",
    "run.ended",
    "output.collected",
    "output.checked",
    "policy.refused",
    "output.fixed",
    "output.checked",
    "output.submitted",
    "output.reviewed",
    "release.made",
)
GRADES = counts("grades", GRADE, EVENT)
RECEPTORS = {
    "name": "receptors",
    "kind": "sum",
    "file": "receptors.csv",
    "dimensions": [THERAPY],
    "measure": {"field": "estrec", "low": 0, "high": 5000, "decimals": 0},
}
DUMP = {"name": "dump", "kind": "other", "file": "dump.csv", "media_type": "text/csv"}
PICTURE = {"name": "picture", "kind": "other", "file": "picture.json", "media_type": "application/json"}
MORE = """
with open("/outputs/receptors.csv", "w") as file:
    print("therapy,n,sum", file=file)
    for arm in ("no", "yes"):
        values = [int(row["estrec"]) for row in rows if row["horTh"] == arm]
        print(arm, len(values), sum(values), sep=",", file=file)
with open("/outputs/dump.csv", "w") as file:
    print("row,age,time", file=file)
    for row in rows:
        print(row["row"], row["age"], row["time"], sep=",", file=file)
with open("/outputs/picture.json", "wb") as file:
    file.write(bytes((0x89,)) + b"PNG" + bytes(64))
"""


def test_thin_tables_are_stopped_cell_by_cell_and_a_merge_mends_one(cast: Cast, tmp_path: Path) -> None:
    researcher, (table,) = cast.researcher, cast.given_data(block(MILANO))
    permit = cast.given_permit(table)
    code = cast.given_code(permit, project(GRADE_TABLE, GRADES, THERAPY_TABLE))
    researcher.opens(permit, MILANO)
    outputs = cast.given_run(permit, code)

    assert outputs["therapy"]["status"] == "passed"
    stopped = outputs["grade"]
    assert stopped["status"] == "stopped"
    thin = {tuple(one["cell"]) for one in _stops(stopped) if one["code"] == "below_threshold"}
    assert thin == _thin(table)
    assert stopped["needs_pooling"]
    with refused("not-now"):
        researcher.takes_fix(stopped["id"])
    with refused("submit_text_missing"):
        researcher.brings(stopped["id"])

    grades = outputs["grades"]
    assert grades["status"] == "stopped"
    merged = researcher.takes_fix(grades["id"])
    fixed = researcher.output(merged)
    assert (fixed["status"], fixed["parent"]) == ("passed", grades["id"])
    labels = [group["label"] for group in fixed["layout"]["dimensions"][0]["groups"]]
    assert len(labels) == 2
    release = researcher.asks_release(permit, MILANO, cast.given_approved(merged))
    assert researcher.release(release)["status"] == "released"
    released = researcher.downloads(release)["grades.csv"].decode().splitlines()
    assert len(released) == 1 + 2 * 2
    assert sum(int(line.rpartition(",")[2]) for line in released[1:]) == len(table.rows)
    cast.auditor.proves(tmp_path, permit, STORY)


def test_dominance_dumps_and_disguised_files_are_stopped(cast: Cast) -> None:
    researcher, table = cast.researcher, _planted(patients(BERLIN))
    cast.holder(BERLIN).registers(table)
    fields = (*FEW, "age", "estrec")
    permit = cast.given_permit(table, route="ehds", fields=fields, aggregates_only=False)
    code = cast.given_code(permit, project(THERAPY_TABLE, RECEPTORS, DUMP, PICTURE, more=MORE))
    researcher.opens(permit, BERLIN)
    outputs = cast.given_run(permit, code, BERLIN)
    assert outputs["therapy"]["status"] == "passed"
    expected = {"receptors": "dominated_by_one", "dump": "looks_like_rows", "picture": "undeclared_type"}
    for name, finding in expected.items():
        assert outputs[name]["status"] == "stopped"
        explained = cast.checkers.first.get(f"/outputs/{outputs[name]['id']}")
        assert finding in {one["code"] for one in _stops(explained)}
        heard = {one["code"] for one in _stops(outputs[name])}
        assert heard == {"cell_not_safe" if name == "receptors" else "file_refused"}


def test_a_permit_for_aggregates_only_admits_no_file_that_can_not_be_counted_again(cast: Cast) -> None:
    permit = cast.given_permit(block(MILANO))
    with refused("only_aggregates"):
        cast.researcher.registers(permit, project(THERAPY_TABLE, DUMP, more=MORE))


def _stops(output: Any) -> list[Any]:
    return [one for one in output["findings"] if one["severity"] == "stop"]


def _thin(table: Table) -> set[tuple[str, ...]]:
    """Return the cells of grade by therapy by event with fewer than ten people, counted here from the rows."""
    at = {name: table.columns.index(name) + 1 for name in ("tgrade", "horTh", "cens")}
    cells = [
        (row[at["tgrade"]], row[at["horTh"]], "yes" if row[at["cens"]] == "1" else "no") for row in table.rows
    ]
    every = {(one, two, three) for one in GRADE["map"] for two in THERAPY["map"] for three in ("no", "yes")}
    return {cell for cell in every if cells.count(cell) < 10}


def _planted(table: Table) -> Table:
    """Return the table with one patient whose oestrogen receptor value is more than all others' of her arm."""
    at = table.columns.index("estrec") + 1
    first, *others = table.rows
    return replace(table, rows=((*first[:at], "5000", *first[at + 1 :]), *others))
