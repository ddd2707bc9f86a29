"""Hints for auditors: the log walked once, by everybody's numbers at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from spe.audit.reading import LogReader
from spe.audit.search import Search, Sieve, StaffOpener
from spe.identity.model import Person
from spe.oversight import questions
from spe.oversight.asking import checked
from spe.oversight.clock_steps import ClockSteps
from spe.oversight.hint import Hint, Numbers, Seen, numbers
from spe.oversight.hours import OddHours
from spe.oversight.looking import look
from spe.oversight.repeats import Probing, Repeats
from spe.policy.enforce import Enforcer
from spe.release.model import Release

MOST = 200_000
_PERIOD = timedelta(days=30)


class Looker(Protocol):
    """Looks for one kind of hint in entries that come one by one."""

    def wants(self, type_: str) -> bool:
        """Say whether entries of this type matter."""
        ...

    def feed(self, seen: Seen) -> Iterator[Hint]:
        """Take an entry in and yield the hints that ended with it."""
        ...

    def end(self) -> Iterator[Hint]:
        """Yield the hints that go on to the end of the log."""
        ...


@dataclass(frozen=True, slots=True)
class Hints:
    """What was found among the entries from index `first` on, in a log of `size`."""

    items: tuple[Hint, ...]
    first: int
    size: int


def find_hints(entries: Iterable[Seen], by: Numbers) -> tuple[Hint, ...]:
    """Return every hint in these entries, in the order of what they rest on."""
    lookers: tuple[Looker, ...] = (*map(Repeats, by.repeats), Probing(by.probes), OddHours(by))
    wanting: dict[str, tuple[Looker, ...]] = {}
    spared: dict[str, bool] = {}
    found: list[Hint] = []
    for seen in entries:
        if seen.role not in spared:
            spared[seen.role] = not set(seen.role.split("+")).isdisjoint(by.spared_roles)
        if spared[seen.role]:
            continue
        if seen.type not in wanting:
            wanting[seen.type] = tuple(one for one in lookers if one.wants(seen.type))
        for looker in wanting[seen.type]:
            found += looker.feed(seen)
    found += [hint for looker in lookers for hint in looker.end()]
    return _in_order(found)


def _in_order(found: Iterable[Hint]) -> tuple[Hint, ...]:
    return tuple(sorted(found, key=lambda hint: (hint.evidence[0].index, hint.why.code)))


@dataclass(frozen=True, slots=True)
class HintDesk:
    """Where auditors ask what is worth a look."""

    pep: Enforcer
    log: LogReader
    opener: StaffOpener

    def find(self, person: Person, since: str = "", before: str = "") -> Hints:
        """Return the hints of a time (the last 30 days), of its newest 200,000 entries at most.

        Steps back of the clock are shown whatever the time: an entry's own can't be asked about them.
        """
        verdict = self.pep.reveal(person.who(), questions.hints(person, self.pep.now()), "hints")
        self.pep.note(person.who(), look("hints", ""), verdict.bundle)
        wanted = checked(Search(since=since, before=before))
        if not wanted.since:
            end = datetime.fromisoformat(wanted.before) if wanted.before else self.pep.clock.now()
            wanted = replace(wanted, since=(end - _PERIOD).isoformat())
        size, by = self.log.head().size, numbers(verdict.profile)
        first = max(0, size - MOST)
        steps = ClockSteps(by.clock_back, self.opener)
        found = find_hints(self._seen(wanted, steps.watch(self.log.entries(first, size))), by)
        return Hints(_in_order((*found, *steps.found)), first, size)

    def _seen(self, wanted: Search, entries: Iterable[tuple[int, bytes]]) -> Iterator[Seen]:
        sieve = Sieve(wanted, self.opener)
        for index, raw in entries:
            entry = sieve.take(raw)
            if entry is not None:
                who, at = entry["who"], datetime.fromisoformat(entry["at"])
                data = self._with_dataset(entry["data"])
                yield Seen(index, at, entry["type"], who["id"], who["organisation"], who["role"], data)

    def _with_dataset(self, data: dict[str, Any]) -> dict[str, Any]:
        """Return an entry's fields with the dataset of the release that they name: the entry doesn't say it."""
        stored = self.pep.records.get(Release, str(data["release"])) if "release" in data else None
        return {**data, "dataset": stored.value.dataset} if stored is not None else data
