"""The command line of somebody who calls a server that really listens; a test's own `world` is what is served."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.cli.typed import Typed, listening, prepare
from tests.unit.web.served import World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def spe(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Typed]:
    with listening(world) as url:
        prepare(tmp_path / "home", url, monkeypatch)
        yield Typed(capsys, url)
