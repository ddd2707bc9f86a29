"""No personal data in the log, in log lines, in problems or in file names: subjects as keyed digests, staff sealed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
import structlog
from structlog.testing import LogCapture

from spe.adapters.database.log import DatabaseLog
from spe.adapters.identities import KeyedIdentities
from spe.adapters.personas import PERSONAS
from spe.consent import service as consent
from tests.builders import MILANO, Table
from tests.cast import Cast
from tests.invariants import journey
from tests.world import World, open_world


@pytest.fixture(scope="module")
def lines() -> Iterator[LogCapture]:
    """Collect every line that is logged, in place of printing it."""
    before, caught = structlog.get_config(), LogCapture()
    structlog.configure(processors=[caught], cache_logger_on_first_use=False)
    yield caught
    structlog.configure(**before)


@pytest.fixture(scope="module")
def walked(lines: LogCapture, cast: Cast) -> tuple[World, Table]:
    return cast.world, journey.go(cast)[1]


def holds(world: World, table: Table, lines: LogCapture) -> None:
    """Search everything that is written for every pseudonym, and for everybody who has a part."""
    staff = [word for one in PERSONAS for word in (one.id, one.name)]
    people = [*table.subjects, *staff]
    log: DatabaseLog = world.app.state.edge.answers
    entries = [(f"entry {index}", raw.decode()) for index, raw in log.entries()]
    assert len(entries) > 50
    problems = [(f"problem {one.path}", one.content.decode()) for one in world.heard if one.status >= 400]
    names = [("file name", str(path.relative_to(world.home))) for path in world.home.rglob("*")]
    logged = [("log line", json.dumps(line, default=str)) for line in lines.entries]
    assert problems
    for where, text in (*entries, *problems, *names, *logged):
        found = next(_told(text, people), None)
        assert found is None, f"{found} stands in a {where}"


def _told(text: str, people: Iterable[str]) -> Iterator[str]:
    return (person for person in people if person in text)


def test_nobody_can_be_found(walked: tuple[World, Table], lines: LogCapture) -> None:
    holds(*walked, lines)


def _subjects_in_clear(patch: pytest.MonkeyPatch) -> None:
    """Directives enter the log with pseudonyms as plain text."""
    patch.setattr(consent, "SubjectRef", str)


def _staff_in_clear(patch: pytest.MonkeyPatch) -> None:
    """Whoever acts enters the log by name."""
    patch.setattr(KeyedIdentities, "seal_staff", lambda _self, staff: str(staff))


@pytest.mark.parametrize("broken", [_subjects_in_clear, _staff_in_clear])
def test_it_is_seen_when(
    tmp_path: Path,
    lines: LogCapture,
    monkeypatch: pytest.MonkeyPatch,
    broken: Callable[[pytest.MonkeyPatch], None],
) -> None:
    broken(monkeypatch)
    with open_world(tmp_path / "home") as world:
        cast = Cast(world)
        (table,) = cast.given_data()
        for _ in range(50):
            cast.researcher.get("/datasets")
        with pytest.raises(Exception, match="not-found"):
            cast.researcher.get("/receipts", about=MILANO.holder)
        with pytest.raises(AssertionError, match="stands in a entry"):
            holds(world, table, lines)
