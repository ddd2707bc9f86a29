"""A permit is suspended, resumed, and at last revoked.

Suspending is at once and can be taken back: nothing new starts, the workspace halts, and opens again. Revoking needs a
hearing: its grounds, the applicant's reply, then the chair's word. After it the workspace is gone within a few looks of the
worker, the data key is destroyed, and nothing that the permit sealed can be read by anybody again, not even out of a copy
that somebody kept.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from spe.cohort.place import object_name, scope
from spe.crypto.data_keys import NoDataKey
from tests.builders import MILANO, patients
from tests.cast import Cast
from tests.voices import refused
from tests.world import Refused

STORY = (
    "permit.issued",
    "workspace.opened",
    "permit.suspended",
    "policy.refused",
    "workspace.halted",
    "permit.resumed",
    "workspace.resumed",
    "policy.refused",
    "permit.hearing_opened",
    "policy.refused",
    "permit.hearing_replied",
    "permit.revoked",
    "run.ended",
    "workspace.closing",
    "cohort.destroyed",
    "workspace.gone",
    "permit.key_destroyed",
)


def test_suspending_is_reversible_and_revoking_leaves_nothing_readable(cast: Cast, tmp_path: Path) -> None:
    world, researcher, committee = cast.world, cast.researcher, cast.committee
    (table,) = cast.given_data(patients())
    permit = cast.given_permit(table)
    code = cast.given_code(permit)
    researcher.opens(permit, MILANO)

    with refused("no_grounds", "role_missing"):
        researcher.post(f"/permits/{permit}/suspend", text="No.")
    committee.tells(permit, "suspend", "A complaint is looked into.")
    with refused("permit_not_issued"):
        researcher.starts(permit, MILANO, code)
    world.tick()
    assert researcher.workspace(permit, MILANO) == "halted"
    committee.tells(permit, "resume", "It was unfounded.")
    world.tick()
    assert researcher.workspace(permit, MILANO) == "open"
    waiting = cast.given_run(permit, code)["therapy"]["id"]
    slow = researcher.starts(permit, MILANO, code, seconds=60)
    world.until(lambda: researcher.hears(slow)["state"] == "running")

    with refused("hearing_missing"):
        committee.tells(permit, "revoke", "A breach.")
    committee.tells(permit, "hear", "Results were used for something else.")
    with refused("hearing_open"):
        committee.tells(permit, "revoke", "A breach.")
    researcher.post(f"/permits/{permit}/reply", text="That use has ended.")
    cohort = object_name(f"{permit}.{MILANO.holder}", researcher.cohort(permit, MILANO)["rows"])
    kept = world.sealed(cohort).read_bytes()
    committee.tells(permit, "revoke", "The reply does not mend the breach.")
    world.tick(4)

    assert researcher.hears(slow)["state"] == "stopped_by_holder"
    world.until(lambda: researcher.workspace(permit, MILANO) == "gone")
    world.tick()
    assert not world.sealed(cohort).exists()
    world.sealed(cohort).write_bytes(kept)
    vault = cast.cohorts.vault
    with pytest.raises(NoDataKey):
        b"".join(vault.open(cohort, scope(permit)))
    with pytest.raises(NoDataKey):
        cast.cohorts.keys.create(scope(permit))
    with refused("not-found"):
        cast.checkers.first.get(f"/outputs/{waiting}/content")
    with pytest.raises(Refused, match="permit_not_issued"):
        researcher.starts(permit, MILANO, code)
    cast.auditor.proves(tmp_path, permit, STORY)
