"""One installation for each module, and everybody in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cast import Cast
from tests.world import World, open_world


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("installation") / "home") as opened:
        yield opened


@pytest.fixture(scope="module")
def cast(world: World) -> Cast:
    return Cast(world)
