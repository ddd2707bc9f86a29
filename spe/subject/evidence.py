"""The log's own words about a subject, each with its index: one pass, nobody's name taken over."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from spe.audit.reading import LogReader
from spe.audit.search import Recogniser, Search, Sieve, StaffOpener
from spe.clock import epoch
from spe.cohort.rebuilt import Build
from spe.subject.instants import moment
from spe.subject.model import LookTold, StepTold

STEPS = frozenset(
    {
        "permit.issued",
        "permit.suspended",
        "permit.resumed",
        "permit.revoked",
        "permit.key_destroyed",
        "cohort.built",
        "cohort.outdated",
        "cohort.destroyed",
        "workspace.data_unsealed",
        "run.started",
        "run.ended",
        "output.checked",
        "output.reviewed",
        "output.destroyed",
        "release.made",
        "release.downloaded",
        "release.recalled",
    }
)
_LOOKS = frozenset({"audit.read", "subject.reported", "hold.placed"})
_THING = ("release", "output", "run", "workspace", "permit")


@dataclass(frozen=True, slots=True)
class Seen:
    """An entry without who acted but for organisation and role; `mine` are the places of the subject's digests in it."""

    index: int
    at: str
    type: str
    data: Mapping[str, Any]
    organisation: str
    role: str
    nonce: str
    mine: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """Reads the log as it was at `size`."""

    log: LogReader
    opener: StaffOpener
    size: int

    def builds(self, site: str) -> Mapping[str, tuple[Build, ...]]:
        """Return every cohort that was built at a site, by permit."""
        found: dict[str, list[Build]] = defaultdict(list)
        for seen in self._seen(Search(about=site, type="cohort.built")):
            if seen.data["site"] == site:
                build = Build(seen.index, epoch(moment(seen.at)), seen.data["epoch"], seen.data["rows"])
                found[seen.data["permit"]].append(build)
        return {permit: tuple(builds) for permit, builds in found.items()}

    def about(self, name: str, things: Iterable[str]) -> tuple[Seen, ...]:
        """Return the entries about the subject `name` or one of the things, in order."""
        recognise = self.opener.recogniser(name)
        found = self._seen(Search(about=name, also=tuple(things)))
        return tuple(replace(one, mine=_places(one.data, one.nonce, recognise)) for one in found)

    def of(self, index: int) -> tuple[Seen, ...]:
        """Return the entry in which it was asked about somebody who was erased, of whom it has no digest."""
        return tuple(replace(one, mine=(0,)) for one in self._seen(Search(), index, index + 1))

    def imported(self, index: int) -> Mapping[str, Any]:
        """Return what the import said that ended at an entry; nothing where it is another entry."""
        found = self._seen(Search(type="directive.imported"), index, index + 1)
        return next((seen.data for seen in found), {})

    def _seen(self, search: Search, start: int = 0, end: int = 2**62) -> Iterator[Seen]:
        sieve = Sieve(search, self.opener)
        for index, raw in self.log.entries(start, min(end, self.size)):
            entry = sieve.take(raw)
            if entry is not None:
                who, data = entry["who"], entry["data"]
                yield Seen(
                    index, entry["at"], entry["type"], data, who["organisation"], who["role"], entry["nonce"]
                )


def looks(seen: Iterable[Seen]) -> tuple[LookTold, ...]:
    """Return who looked up the subject."""
    return tuple(
        LookTold(one.type, one.organisation, one.role, one.at, one.index)
        for one in seen
        if one.type in _LOOKS and one.mine
    )


def recorded(seen: Iterable[Seen]) -> Mapping[int, int]:
    """Return the entries in which the subject's directives were recorded, by the directive's place in the ledger."""
    found = {}
    for one in seen:
        if one.type == "directive.recorded":
            first = one.data["epoch"] - len(one.data["subjects"]) + 1
            found.update({first + place: one.index for place in one.mine})
    return found


def steps(
    seen: Iterable[Seen], permit: str, site: str, things: frozenset[str], built: frozenset[int]
) -> tuple[StepTold, ...]:
    """Return what was done under a permit with the `things` that come from the cohorts `built`."""
    return tuple(
        StepTold(one.type, _thing(one.data), one.at, one.index)
        for one in seen
        if one.type in STEPS and _belongs(one, permit, site, things, built)
    )


def _belongs(seen: Seen, permit: str, site: str, things: frozenset[str], built: frozenset[int]) -> bool:
    if seen.type == "cohort.built":
        return seen.index in built
    if seen.type.startswith("cohort."):
        return bool(seen.data["permit"] == permit and seen.data["site"] == site)
    if seen.type.startswith("permit."):
        return bool(seen.data["permit"] == permit)
    return any(seen.data.get(name) in things for name in ("run", "output", "release"))


def _places(data: Mapping[str, Any], nonce: str, recognise: Recogniser | None) -> tuple[int, ...]:
    digests = [one["digest"] for value in data.values() for one in _list(value) if _is_digest(one)]
    if recognise is None:
        return ()
    return tuple(place for place, digest in enumerate(digests) if recognise(nonce, digest))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _is_digest(value: Any) -> bool:
    return isinstance(value, dict) and "digest" in value


def _thing(data: Mapping[str, Any]) -> str:
    return next((str(data[name]) for name in _THING if name in data), "")
