"""The policy engine goes away while people are at work.

Nothing is decided any more, so nothing starts: each attempt is denied, by a reason that says why, with the exit code of a refusal, and
the denial is in the log. Nobody is told that nothing is there, and what ran before is left alone.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from spe.cli.failure import ApiProblem
from spe.run.model import Run
from spe.web.desks import Desks
from tests.builders import MILANO, application, patients
from tests.cast import Cast
from tests.world import Refused

_DENIED = 10


def test_each_attempt_to_start_anything_is_denied_and_exits_as_a_refusal(cast: Cast) -> None:
    world, researcher = cast.world, cast.researcher
    permit = cast.given_permit(*cast.given_data(patients()))
    code = cast.given_code(permit)
    researcher.opens(permit, MILANO)
    assert researcher.waits(researcher.starts(permit, MILANO, code, "twin"))["state"] == "done"
    desks: Desks = world.app.state.edge.desks
    runs = [stored.value.id for stored in desks.runs.pep.records.each(Run, permit=permit)]

    _close(desks.runs.pep.point)
    attempts: tuple[Callable[[], object], ...] = (
        lambda: researcher.starts(permit, MILANO, code),
        lambda: researcher.starts(permit, MILANO, code, "twin"),
        lambda: researcher.opens(permit, MILANO),
        lambda: researcher.submits(application(patients())),
        lambda: researcher.get(f"/permits/{permit}"),
    )
    for attempt in attempts:
        with pytest.raises(Refused) as caught:
            attempt()
        assert (caught.value.status, caught.value.codes) == (503, ("policy_unreachable",))
        assert ApiProblem(caught.value.problem).code == _DENIED
        assert world.watched is not None
        assert world.watched.changes[-1].entries[0].event.type == "policy.refused"
    assert [stored.value.id for stored in desks.runs.pep.records.each(Run, permit=permit)] == runs


def _close(point: object) -> None:
    """End the engines behind a decision point of this installation."""
    inner = getattr(point, "point", None)
    assert inner is not None
    inner.close()
