"""One installation for each module, and everybody in it; at the end its log is compared with what happened."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from spe.wiring.reconcile import reconcile
from tests.cast import Cast
from tests.world import World, open_world


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("installation") / "home") as opened:
        yield opened
    report = reconcile(opened.settings, logged=False, clock=opened.clock)
    assert [one for tally in report.tallies for one in tally.evidence] == []
    assert report.total("matched") > 0


@pytest.fixture(scope="module")
def cast(world: World) -> Cast:
    return Cast(world)
