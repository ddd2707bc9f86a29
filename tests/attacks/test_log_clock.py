"""A clock that jumps: the order of the log is its indexes, every time is in UTC, and a step back is flagged for auditors."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from spe.audit.change import Entry
from spe.audit.encode import encode
from spe.audit.events.request import RequestWithdrawn
from spe.oversight.clock_steps import ClockSteps
from tests.builders import application, patients
from tests.cast import Cast
from tests.unit.adapters.database.place import WHO, Plain
from tests.unit.audit.kept_log import KeptLog, SealedStaff
from tests.world import open_world

DAY, MOST = timedelta(days=1), 60
ROME = ZoneInfo("Europe/Rome")
# One hour that Rome had twice, and one that it never had; a leap second as machines tell it; zones at their ends.
INSTANTS = (
    datetime(2026, 10, 25, 2, 30, tzinfo=ROME, fold=0),
    datetime(2026, 10, 25, 2, 30, tzinfo=ROME, fold=1),
    datetime(2026, 3, 29, 2, 30, tzinfo=ROME),
    datetime(2016, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(2017, 1, 1, 0, 0, 0, tzinfo=UTC),
    datetime(2028, 2, 29, 23, 59, 59, tzinfo=timezone(timedelta(hours=-12))),
    datetime(2028, 3, 1, 0, 0, 0, tzinfo=timezone(timedelta(hours=14))),
)


@pytest.fixture(scope="module")
def cast(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    with open_world(tmp_path_factory.mktemp("installation") / "home") as world:
        people = Cast(world)
        people.given_data(patients())
        yield people


def test_a_clock_that_jumps_a_day_to_and_fro_changes_no_order_and_is_flagged(cast: Cast) -> None:
    world, people, auditor = cast.world, cast.researcher, cast.auditor
    submitted = []
    for jump in (timedelta(), DAY, -2 * DAY, DAY, timedelta(seconds=-30), timedelta(seconds=90)):
        world.clock.at += jump
        submitted.append(people.submits(application(patients())))
    told = auditor.timeline()
    assert [entry["index"] for entry in told] == list(range(len(told)))
    assert [one["data"]["request"] for one in told if one["type"] == "request.submitted"] == submitted
    assert all(entry["at"].endswith("Z") for entry in told)
    flagged = [hint for hint in auditor.hints() if hint["code"] == "clock_back"]
    back = [later["index"] for one, later in pairwise(told) if _seconds(one, later) < -MOST]
    assert [hint["evidence"][-1]["index"] for hint in flagged] == back
    assert len(back) == 1
    assert "172800 seconds" in flagged[0]["message"]


def _seconds(one: dict[str, str], later: dict[str, str]) -> float:
    return (datetime.fromisoformat(later["at"]) - datetime.fromisoformat(one["at"])).total_seconds()


def test_a_false_time_is_flagged_whatever_time_is_asked_about(cast: Cast) -> None:
    world = cast.world
    world.clock.at -= 100 * DAY
    hidden = cast.researcher.submits(application(patients()))
    world.clock.at += 100 * DAY
    asked = {"since": (world.clock.at - DAY).isoformat()}
    assert hidden not in json.dumps(cast.auditor.finds(type="request.submitted", **asked))
    assert hidden in json.dumps(cast.auditor.finds(type="request.submitted"))
    assert "8640000 seconds" in str([hint["message"] for hint in cast.auditor.hints(**asked)])


@pytest.mark.parametrize("at", INSTANTS, ids=str)
def test_every_instant_is_written_in_utc_in_one_form(at: datetime) -> None:
    written = json.loads(encode(Entry(WHO, RequestWithdrawn("r"), at), Plain()))["at"]
    assert datetime.fromisoformat(written) == at.astimezone(UTC)
    assert (len(written), written[-1]) == (27, "Z")


def steps(times: list[datetime]) -> list[int]:
    """Return the indexes that are flagged in a log of entries with these times."""
    log = KeptLog()
    for at in times:
        log.add(RequestWithdrawn("r"), at=at)
    watching = ClockSteps(MOST, SealedStaff())
    assert [index for index, _ in watching.watch(log.entries())] == list(range(len(times)))
    return [one.evidence[-1].index for one in watching.found]


def test_what_processes_differ_by_is_no_step_and_many_small_steps_are_one() -> None:
    start = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)
    assert steps([start + timedelta(seconds=at) for at in (0, 5, 1, 6, 2, 0, 60, 1)]) == []
    assert steps([start - timedelta(seconds=20 * at) for at in range(8)]) == [4]


def test_every_step_back_of_a_thousand_clocks_is_flagged_and_nothing_else() -> None:
    dice = random.Random("clocks")
    for _ in range(1000):
        at, times, expected = datetime(2026, 3, 1, tzinfo=UTC), [], []
        for index in range(12):
            step = dice.choice([1, 30, 3600, 86_400, -MOST - 1, -3600, -86_400])
            at += timedelta(seconds=step)
            times.append(at)
            expected += [index] if index and step < 0 else []
        assert steps(times) == expected


def test_a_damaged_time_stops_nobody(tmp_path: Path) -> None:
    log = KeptLog()
    log.add(RequestWithdrawn("r"))
    log.rows += [b'{"at":"' + b"9" * 27 + b'"}', b"", log.rows[0]]
    assert len(list(ClockSteps(MOST, SealedStaff()).watch(log.entries()))) == 4
