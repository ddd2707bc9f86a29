"""A hint: something in the log that is out of the ordinary, with the entries that show it; and the numbers it is judged by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from spe.errors import Reason

MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Seen:
    """An entry, as far as hints look at it."""

    index: int
    at: datetime
    type: str
    id: str
    organisation: str
    role: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Evidence:
    """An entry that a hint rests on."""

    index: int
    at: str
    type: str


@dataclass(frozen=True, slots=True)
class Hint:
    """What is worth a look, by whom, how often, and the first of the entries that show it; `why` has its texts."""

    why: Reason
    id: str
    organisation: str
    role: str
    about: str
    count: int
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """More than `most` entries of a type by one person, alike in the fields `by`, within so many seconds."""

    type: str
    by: tuple[str, ...]
    most: int
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Probes:
    """More than `most` different things that one person was refused for one of these reasons, within so many seconds."""

    type: str
    reasons: tuple[str, ...]
    most: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Hours:
    """When an organisation works: days of the week (1 is Monday), from one hour to before another, in its zone."""

    zone: str
    days: tuple[int, ...]
    span: tuple[int, int]
    most: int

    def includes(self, local: datetime) -> bool:
        """Say whether a local instant is in working hours."""
        first, last = self.span
        return local.isoweekday() in self.days and first <= local.hour < last


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """After so many days of work, an hour near which less than this share (in percent) of it lay is not theirs."""

    days_least: int
    share_most: int
    most: int


@dataclass(frozen=True, slots=True)
class Numbers:
    """All that hints are judged by, as policy answers it."""

    spared_roles: tuple[str, ...]
    repeats: tuple[Repeat, ...]
    probes: Probes
    hours: Hours
    hours_of: Mapping[str, Hours]
    habit: Habit
    clock_back: int


def numbers(profile: Mapping[str, Any]) -> Numbers:
    """Return policy's numbers."""
    return Numbers(
        tuple(profile["spared_roles"]),
        tuple(Repeat(**{**one, "by": tuple(one["by"])}) for one in profile["repeats"]),
        Probes(**{**profile["probes"], "reasons": tuple(profile["probes"]["reasons"])}),
        _hours(profile["hours"]),
        {name: _hours(one) for name, one in profile["hours_of"].items()},
        Habit(**profile["habit"]),
        profile["clock"]["back_seconds"],
    )


def hint(code: str, found: list[Seen], about: str, **params: str) -> Hint:
    """Return the hint that rests on these entries, the last of them by the person whom it names."""
    last = found[-1]
    shown = tuple(Evidence(one.index, one.at.isoformat(), one.type) for one in found[:MOST_SHOWN])
    why = Reason(code, tuple(sorted({"count": str(len(found)), **params}.items())))
    return Hint(why, last.id, last.organisation, last.role, about, len(found), shown)


def _hours(one: Mapping[str, Any]) -> Hours:
    return Hours(one["zone"], tuple(one["days"]), (one["from"], one["to"]), one["most"])
