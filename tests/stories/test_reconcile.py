"""A researcher's whole way, and then an operator who helps himself behind the log's back.

After honest work nothing is unmatched, also for an auditor at the machine with the server off. Then somebody with an
account on it sets a suspended permit back to issued, reads a cohort with a tool of his own, and asks policy without
anybody hearing of it. The report names each, with the entry or the line that says otherwise.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from spe.adapters.objects import SealedFolder
from spe.cohort.model import Cohort
from spe.cohort.place import object_name, scope
from spe.crypto.key_files import KeyFiles
from spe.oversight.reconcile_report import Report
from spe.wiring.home import Home
from spe.wiring.reconcile import reconcile
from tests.builders import MILANO, patients
from tests.cast import Cast
from tests.world import World, open_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with open_world(tmp_path / "home") as opened:
        yield opened


@pytest.fixture
def cast(world: World) -> Cast:
    return Cast(world)


def test_what_happens_behind_the_logs_back_is_named(cast: Cast) -> None:
    world, (table,) = cast.world, cast.given_data(patients())
    permit = cast.given_permit(table)
    code = cast.given_code(permit)
    cast.researcher.opens(permit, MILANO)
    cast.given_approved(cast.given_run(permit, code)["therapy"]["id"])
    before = _permit_row(world, permit)
    cast.committee.tells(permit, "suspend", "A complaint is looked into.")
    world.tick()
    honest = _compared(world)
    assert _evidence(honest) == []
    counted = {tally.source: tally.matched for tally in honest.tallies}
    assert all(counted.values())

    _set_back(world, permit, before)
    key = f"{permit}.{MILANO.holder}"
    stored = cast.cohorts.pep.records.get(Cohort, key)
    assert stored is not None
    home = Home(world.home)
    tool = SealedFolder(home.objects, KeyFiles(home.data_keys, home.master("data")))
    assert b"".join(tool.open(object_name(key, stored.value.rows), scope(permit)))

    rows, openings = _evidence(_compared(world))
    assert rows[0] == "rows"
    assert f"data_permit {permit}" in rows[2]
    assert "set back" in rows[1]
    assert openings[:2] == ("openings", "a line is of a process that never started")


def _compared(world: World) -> Report:
    return reconcile(world.settings, logged=False, clock=world.clock)


def _evidence(report: Report) -> list[tuple[str, str, str]]:
    return [
        (tally.source, one.what, one.row or one.line) for tally in report.tallies for one in tally.evidence
    ]


def _permit_row(world: World, permit: str) -> tuple[object, ...]:
    connection = sqlite3.connect(world.home / "spe.db")
    found: tuple[object, ...] = connection.execute(
        "SELECT version, body, salt, status FROM data_permit WHERE id = ?", (permit,)
    ).fetchone()
    connection.close()
    return found


def _set_back(world: World, permit: str, row: tuple[object, ...]) -> None:
    connection = sqlite3.connect(world.home / "spe.db")
    with connection:
        statement = "UPDATE data_permit SET version = ?, body = ?, salt = ?, status = ? WHERE id = ?"
        connection.execute(statement, (*row, permit))
    connection.close()
