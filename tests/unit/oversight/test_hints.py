from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from spe.adapters.policy_files import FOLDER
from spe.oversight.hint import MOST_SHOWN, Hint, Numbers, Seen, numbers
from spe.oversight.hints import find_hints
from spe.release.questions import ReleaseMake

MONDAY = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
NUMBERS: Numbers = numbers(
    json.loads((FOLDER / "spe" / "tables" / "hints" / "data.json").read_text())["profile"]
)


def seen(
    at: timedelta, type_: str, who: str = "anna", org: str = "uni", role: str = "data_user", **data: Any
) -> Seen:
    return Seen(0, MONDAY + at, type_, who, org, role, data)


def found(entries: Iterable[Seen], by: Numbers = NUMBERS) -> list[Hint]:
    in_order = sorted(entries, key=lambda one: one.at)
    return list(find_hints([replace(one, index=at) for at, one in enumerate(in_order)], by))


def codes(entries: Iterable[Seen]) -> list[str]:
    return [one.why.code for one in found(entries)]


def many(count: int, type_: str, every: timedelta = timedelta(minutes=1), **more: Any) -> list[Seen]:
    return [seen(at * every, type_, **more) for at in range(count)]


def test_the_same_query_many_times_is_a_hint_with_its_entries() -> None:
    [one] = found(many(21, "request.preflighted", allowed=False))
    assert (one.why.code, one.id, one.count) == ("repeated_query", "anna", 21)
    assert [evidence.index for evidence in one.evidence] == list(range(21))
    assert dict(one.why.params) == {"count": "21", "hours": "24", "most": "20", "type": "request.preflighted"}


def test_one_less_is_none() -> None:
    assert codes(many(20, "request.preflighted")) == []


def test_the_same_over_a_longer_time_is_none() -> None:
    assert codes(many(21, "request.preflighted", timedelta(minutes=80), org="hospital-berlin")) == []


def test_the_same_by_two_people_is_none() -> None:
    two = [*many(15, "request.preflighted"), *many(15, "request.preflighted", who="jonas")]
    assert codes(two) == []


def test_runs_count_for_each_permit_apart() -> None:
    apart = [seen(timedelta(minutes=at), "run.queued", permit=f"p{at % 2}", site="s") for at in range(80)]
    assert codes(apart) == []
    [one] = found(many(41, "run.queued", permit="p1", site="s"))
    assert one.about == "permit p1, site s"


def test_many_releases_of_one_dataset_are_a_hint_whoever_asks_for_fewer_is_none() -> None:
    day = timedelta(hours=23)
    assert codes(many(6, "release.asked", day, dataset="d", org="hospital-berlin")) == ["repeated_query"]
    assert codes(many(6, "release.asked", 2 * day, dataset="d", org="hospital-berlin")) == []


def test_repeated_denials_are_a_hint() -> None:
    refusals = many(11, "policy.refused", gate=ReleaseMake.gate, about="rel-1", reasons=["permit_expired"])
    [one] = found(refusals)
    assert (one.why.code, one.about) == ("repeated_query", "gate release.make")


def probe(count: int, reason: str = "not_found") -> list[Seen]:
    return [
        seen(timedelta(minutes=at), "policy.refused", gate="record.read", about=f"out-{at}", reasons=[reason])
        for at in range(count)
    ]


def test_trying_identifiers_that_are_not_theirs_is_a_hint() -> None:
    [one] = found(probe(6))
    assert (one.why.code, one.count, dict(one.why.params)["count"]) == ("probing", 6, "6")


def test_trying_the_same_one_or_few_is_none() -> None:
    assert codes(probe(5)) == []
    assert codes([replace(one, data={**one.data, "about": "out-1"}) for one in probe(9)]) == []
    assert codes(probe(6, "permit_expired")) == []


def test_two_bursts_are_two_hints() -> None:
    later = timedelta(days=2)
    first = many(21, "request.preflighted")
    second = [replace(one, at=one.at + later) for one in first]
    assert codes([*first, *second]) == ["repeated_query", "repeated_query"]


def test_a_hint_shows_the_first_of_many_entries_and_counts_all() -> None:
    [one] = found(many(301, "record.read", timedelta(seconds=10), kind="output"))
    assert (len(one.evidence), one.count) == (MOST_SHOWN, 301)


def test_work_outside_the_hours_of_the_organisation_is_a_hint() -> None:
    night = [seen(timedelta(hours=15, minutes=at), "record.read", kind="x") for at in range(5)]
    [one] = found(night)
    assert (one.why.code, one.count, one.about) == ("odd_hours", 5, "2026-03-03")
    assert codes(night[:4]) == []
    assert codes([replace(one, organisation="hospital-berlin") for one in night]) == []


def test_work_on_a_sunday_is_outside_too() -> None:
    sunday = [seen(timedelta(days=6, minutes=at), "record.read", kind="x") for at in range(5)]
    assert codes(sunday) == ["odd_hours"]


def days(hour: int, count: int, per_day: int = 6) -> list[Seen]:
    """Return so many working days of somebody at a hospital that never closes, all near one hour."""
    return [
        seen(timedelta(days=day, hours=hour, minutes=at), "record.read", org="hospital-berlin", kind="x")
        for day in range(count)
        for at in range(per_day)
    ]


def test_work_at_hours_that_are_not_this_persons_is_a_hint() -> None:
    at_night = [replace(one, at=one.at + timedelta(days=12)) for one in days(17, 1)]
    [one] = found([*days(1, 12), *at_night])
    assert (one.why.code, one.count) == ("odd_habit", 6)


def test_somebody_new_or_always_late_has_no_odd_habit() -> None:
    assert codes([*days(1, 3), *[replace(one, at=one.at + timedelta(days=4)) for one in days(17, 1)]]) == []
    assert codes(days(17, 20)) == []


@pytest.mark.parametrize("role", ["worker", "api"])
def test_the_programs_own_work_is_no_hint(role: str) -> None:
    assert codes(many(500, "record.read", timedelta(seconds=1), role=role, kind="x")) == []


def test_a_quiet_log_gives_none() -> None:
    week = [
        seen(timedelta(days=day, hours=hour), kind, permit="p", site="s", dataset="d", kind="permit")
        for day in range(5)
        for hour in range(1, 9)
        for kind in ("record.read", "run.queued", "request.preflighted")
    ]
    assert codes(week) == []
