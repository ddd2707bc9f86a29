"""Only approved code sees real rows, and only as it was approved.

A researcher's program fails on made-up rows and he hears which error, where. Corrected, it needs two approvers of two
organisations, none of them of the project; a colleague of the first approver does not count. With one byte changed on disk, or a
parameter out of its range, it is refused. A program that fails on real rows only tells that it failed.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders import MILANO, THERAPY_TABLE, patients, project
from tests.cast import Cast
from tests.voices import refused

STORY = (
    "code.registered",
    "run.ended",
    "code.registered",
    "policy.refused",
    "code.approved_by",
    "policy.refused",
    "code.approved_by",
    "code.approved_by",
    "code.sealed",
    "workspace.opened",
    "run.ended",
    "policy.refused",
)
FAILS = '\nraise KeyError("horTherapy")\n'


@pytest.fixture(scope="module")
def permit(cast: Cast) -> str:
    return cast.given_permit(*cast.given_data(patients()))


def test_approval_takes_two_people_of_two_organisations_and_holds_for_these_bytes(
    cast: Cast, permit: str, tmp_path: Path
) -> None:
    researcher, approvers = cast.researcher, cast.approvers
    wrong = project(THERAPY_TABLE, more=FAILS)
    failing = researcher.registers(permit, wrong)
    heard = researcher.waits(researcher.starts(permit, MILANO, failing, "twin"))
    line = wrong["files"][0]["content"].split("\n").index(FAILS.strip()) + 1
    assert heard["state"] == "code_failed"
    assert heard["error"] == {"error_class": "KeyError", "file": "main.py", "line": line}

    code = researcher.registers(permit, project(THERAPY_TABLE))
    with refused("code_not_approved", "run_workspace_not_open"):
        researcher.starts(permit, MILANO, code)
    approvers.approves(approvers.first, code)
    digest = researcher.get(f"/codes/{code}")["digest"]
    with refused("approves_own_code", "no_grounds", "not_independent", "role_missing"):
        researcher.post(f"/codes/{code}/approve", digest=digest)
    with refused("already_approved"):
        approvers.approves(approvers.first, code)
    with refused("code_differs"):
        approvers.second.post(f"/codes/{code}/approve", digest="0" * 64)
    assert approvers.approves(approvers.third, code)["status"] == "registered"
    cast.world.tick()
    assert researcher.get(f"/codes/{code}")["status"] == "registered"
    assert approvers.approves(approvers.second, code)["status"] == "agreed"
    cast.world.tick()
    assert researcher.get(f"/codes/{code}")["status"] == "approved"

    researcher.opens(permit, MILANO)
    assert cast.given_run(permit, code)["therapy"]["status"] == "passed"
    with refused("parameters_out_of_range"):
        researcher.starts(permit, MILANO, code, seconds=61)
    with cast.world.tampered(f"code/{code}/main.py"), refused("code_changed"):
        researcher.starts(permit, MILANO, code)
    changed = project(THERAPY_TABLE, more="\n")
    other = researcher.registers(permit, changed)
    assert researcher.get(f"/codes/{other}")["digest"] != digest
    with refused("code_not_approved"):
        researcher.starts(permit, MILANO, other)
    cast.auditor.proves(tmp_path, permit, STORY)


def test_a_byte_that_changes_after_queueing_is_caught_when_the_run_is_admitted(
    cast: Cast, permit: str
) -> None:
    code = cast.given_code(permit)
    with cast.world.tampered(f"code/{code}/main.py"):
        pass
    run = cast.researcher.starts(permit, MILANO, code)
    with cast.world.tampered(f"code/{code}/main.py"):
        cast.world.tick()
        assert cast.researcher.waits(run)["state"] == "failed"
    assert cast.researcher.get(f"/runs/{run}/outputs")["items"] == []


def test_a_program_that_fails_on_real_rows_only_tells_that_it_failed(cast: Cast, permit: str) -> None:
    code = cast.given_code(permit, project(THERAPY_TABLE, more=FAILS))
    run = cast.researcher.starts(permit, MILANO, code)
    heard = cast.researcher.waits(run)
    assert heard == {
        "id": run,
        "permit": permit,
        "site": MILANO.holder,
        "kind": "real",
        "code": code,
        "state": "failed",
    }
