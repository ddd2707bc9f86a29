"""Odd hours: work outside an organisation's hours, or at hours at which this person hardly ever works."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo

from spe.errors import Unreachable
from spe.oversight.hint import Habit, Hint, Hours, Numbers, Seen, hint

_HOURS = 24


@dataclass(slots=True)
class Person:
    """One person's work: today's, and how much of it lay in each hour of all days before."""

    day: date | None = None
    today: list[tuple[Seen, datetime]] = field(default_factory=list)
    days: int = 0
    by_hour: Counter[int] = field(default_factory=Counter)

    def close(self) -> None:
        """Make today one of the days before."""
        if self.today:
            self.days += 1
            self.by_hour.update(local.hour for _, local in self.today)
        self.today = []


class OddHours:
    """Looks at everybody's days, one after the other."""

    def __init__(self, numbers: Numbers) -> None:
        self._numbers = numbers
        self._people: dict[str, Person] = {}

    def wants(self, type_: str) -> bool:  # noqa: ARG002 - every act is work
        """Say that entries of every type matter."""
        return True

    def feed(self, seen: Seen) -> Iterator[Hint]:
        """Take an entry in and yield the hints of the day that ended before it, if one did."""
        local = seen.at.astimezone(_zone(self._hours(seen).zone))
        person = self._people.setdefault(seen.id, Person())
        if person.day != local.date():
            yield from self._of_day(person)
            person.close()
            person.day = local.date()
        person.today.append((seen, local))

    def end(self) -> Iterator[Hint]:
        """Yield the hints of everybody's last day."""
        for person in self._people.values():
            yield from self._of_day(person)

    def _of_day(self, person: Person) -> Iterator[Hint]:
        if not person.today:
            return
        hours, habit = self._hours(person.today[0][0]), self._numbers.habit
        outside = [seen for seen, local in person.today if not hours.includes(local)]
        unusual = [
            seen
            for seen, local in person.today
            if hours.includes(local) and _is_unusual(person, local.hour, habit)
        ]
        day = str(person.day)
        if len(outside) > hours.most:
            yield hint("odd_hours", outside, day, day=day, hours=_told(hours))
        if len(unusual) > habit.most:
            yield hint("odd_habit", unusual, day, day=day)

    def _hours(self, seen: Seen) -> Hours:
        return self._numbers.hours_of.get(seen.organisation, self._numbers.hours)


def _is_unusual(person: Person, hour: int, habit: Habit) -> bool:
    if person.days < habit.days_least:
        return False
    near = sum(person.by_hour[(hour + step) % _HOURS] for step in (-1, 0, 1))
    return near * 100 < habit.share_most * person.by_hour.total()


def _told(hours: Hours) -> str:
    first, last = hours.span
    return f"{first:02}:00 to {last:02}:00 {hours.zone}"


@cache
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise Unreachable(f"this machine does not know the time zone {name} of the table of hints") from None
