"""What the log says was done under permits: counted from its entries, none of which names a person here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from spe.audit.reading import LogReader
from spe.audit.records import Records
from spe.audit.search import Search, Sieve, StaffOpener
from spe.release.model import Release
from spe.ropa.model import Evidence
from spe.run.model import Run, RunKind

_DONE = {"run.started": "run", "release.made": "release", "release.downloaded": "release"}
Counts = Counter[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class Done:
    """The entries of permits' issues, and how often what was done under which permit at which site."""

    issued: Mapping[str, int]
    counts: Counts

    def of(self, permit: str, sites: tuple[str, ...]) -> Evidence:
        """Return what was done under a permit at these sites."""
        runs, releases, downloads = (
            sum(self.counts[type_, permit, site] for site in sites) for type_ in _DONE
        )
        return Evidence(self.issued.get(permit, -1), runs, releases, downloads)


def done(log: LogReader, opener: StaffOpener, records: Records, size: int) -> Done:
    """Return what a log of `size` entries says was done."""
    issued: dict[str, int] = {}
    counts: Counts = Counter()
    places = {"run": _place_of_run(records), "release": _place_of_release(records)}
    for type_ in ("permit.issued", *_DONE):
        sieve = Sieve(Search(type=type_), opener)
        for index, raw in log.entries(0, size):
            entry = sieve.take(raw)
            if entry is None or entry["type"] != type_:
                continue
            if type_ == "permit.issued":
                issued[entry["data"]["permit"]] = index
            elif place := places[_DONE[type_]](entry["data"]):
                counts[type_, *place] += 1
    return Done(issued, counts)


Place = Callable[[Mapping[str, Any]], tuple[str, str] | None]


def _place_of_run(records: Records) -> Place:
    def place(data: Mapping[str, Any]) -> tuple[str, str] | None:
        stored = records.get(Run, data["run"])
        real = stored is not None and stored.value.kind is RunKind.REAL
        return (stored.value.permit, stored.value.site) if stored and real else None

    return place


def _place_of_release(records: Records) -> Place:
    def place(data: Mapping[str, Any]) -> tuple[str, str] | None:
        stored = records.get(Release, data["release"])
        return (stored.value.permit, stored.value.site) if stored else None

    return place
