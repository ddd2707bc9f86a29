"""A patient opts out of secondary use under the EHDS (Art. 71).

A permit was granted before she did: its run goes on, its cohort keeps her, and every holder says that this is lawful. The next
permit for the same data is bound: its cohort is without her. The auditor sees both.
"""

from __future__ import annotations

from pathlib import Path

from tests.builders import MILANO, patients
from tests.cast import Cast

STORY = (
    "permit.issued",
    "cohort.built",
    "run.started",
    "directive.recorded",
    "reaction.receipt",
    "run.ended",
    "permit.issued",
    "cohort.built",
)


def test_an_opt_out_spares_the_granted_permit_and_binds_the_next(cast: Cast, tmp_path: Path) -> None:
    world, researcher, table = cast.world, cast.researcher, patients()
    cast.holder().registers(table)
    before = cast.given_permit(table, route="ehds")
    code = cast.given_code(before)
    researcher.opens(before, MILANO)
    run = researcher.starts(before, MILANO, code, seconds=2)
    world.until(lambda: researcher.hears(run)["state"] == "running")

    subject = table.subjects[3]
    cast.holder().records(MILANO, (subject, "opt_out", "*"))
    world.tick()

    receipts = cast.auditor.receipts(MILANO, subject)
    assert {(one["holder"], one["action"]) for one in receipts} == {
        ("run", "lawful_to_keep"),
        ("cohort", "lawful_to_keep"),
    }
    assert researcher.waits(run)["state"] == "finished"
    assert researcher.outputs(run)["therapy"]["status"] == "passed"
    assert cast.holder().cohort(before, MILANO)["excluded"] == 0

    after = cast.given_permit(table, route="ehds")
    assert cast.holder().cohort(after, MILANO)["excluded"] == 1
    shown = [researcher.cohort(permit, MILANO)["excluded"] for permit in (before, after)]
    assert shown == ["<10", "<10"]
    cast.auditor.proves(tmp_path, after, STORY)
