"""A permit runs out while nobody looks.

The worker stands still, so no timer of any kind fires. The clock passes the permit's last second, and from that second on every
gate refuses: opening, running, bringing outputs, asking for a release. When the worker looks again it ends what is left:
the run in progress, the workspace, the data key.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from spe.cohort.place import scope
from spe.crypto.data_keys import NoDataKey
from tests.builders import MILANO, THERAPY_TABLE, patients, project
from tests.cast import Cast
from tests.world import Refused

STORY = (
    "permit.issued",
    "workspace.opened",
    "run.started",
    "policy.refused",
    "run.ended",
    "workspace.closing",
    "workspace.gone",
    "permit.key_destroyed",
)


def test_from_its_last_second_on_every_gate_refuses_without_any_timer(cast: Cast, tmp_path: Path) -> None:
    world, researcher = cast.world, cast.researcher
    permit = cast.given_permit(*cast.given_data(patients()))
    code = cast.given_code(permit)
    researcher.opens(permit, MILANO)
    approved = cast.given_approved(cast.given_run(permit, code)["therapy"]["id"])
    waiting = cast.given_run(permit, code)["therapy"]["id"]
    slow = researcher.starts(permit, MILANO, code, seconds=60)
    world.until(lambda: researcher.hears(slow)["state"] == "running")
    expires = researcher.get(f"/permits/{permit}")["expires"]

    world.clock.go_on(expires - 1 - world.clock.now().timestamp())
    assert researcher.starts(permit, MILANO, code, "twin")
    world.clock.go_on(1)
    for attempt in (
        lambda: researcher.starts(permit, MILANO, code),
        lambda: researcher.starts(permit, MILANO, code, "twin"),
        lambda: researcher.opens(permit, MILANO),
        lambda: researcher.registers(permit, project(THERAPY_TABLE)),
        lambda: researcher.brings(waiting),
        lambda: researcher.asks_release(permit, MILANO, approved),
    ):
        with pytest.raises(Refused) as caught:
            attempt()
        assert "permit_expired" in caught.value.codes

    world.tick(5)
    assert researcher.hears(slow)["state"] == "stopped_by_holder"
    world.until(lambda: researcher.workspace(permit, MILANO) == "gone")
    world.tick()
    with pytest.raises(NoDataKey):
        cast.cohorts.keys.get(scope(permit))
    cast.auditor.proves(tmp_path, permit, STORY)
