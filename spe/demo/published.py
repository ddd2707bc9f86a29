"""The figures that a run without directives must reproduce, and how each is read from what came out.

Sources: Schumacher et al., J Clin Oncol 12 (1994) 2086-2093 (the trial); the values are those of the GBSG2 data set that
lifelines ships, computed independently of this environment.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Rows = tuple[Mapping[str, str], ...]
Stops = tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """Released files by name; what checkers saw; what became of a later release; what the machine stopped, pooled and at each site."""

    files: Mapping[str, str]
    by_grade: Rows
    yearly: Rows
    later: str
    stopped: Mapping[str, Stops]
    status: Mapping[str, str]
    sites: tuple[tuple[Stops, Rows, bool], ...]

    def table(self, name: str) -> Rows:
        """Return a released table's rows."""
        return tuple(csv.DictReader(io.StringIO(self.files[name])))

    def fitted(self, name: str) -> list[float]:
        """Return what can't be recomputed, as two people let it pass."""
        values: list[float] = json.loads(self.files["figures.json"])[name]
        return values


def _events(rows: Rows, **wanted: str) -> str:
    chosen = [row for row in rows if all(row[name] == value for name, value in wanted.items())]
    events = sum(int(row["n"]) for row in chosen if row["event"] == "yes")
    return f"{events}/{sum(int(row['n']) for row in chosen)}"


def _by_therapy(**wanted: str) -> Callable[[Figures], str]:
    return lambda found: _events(found.table("by-therapy.csv"), **wanted)


def _by_grade(grade: str) -> Callable[[Figures], str]:
    return lambda found: _events(found.by_grade, grade=grade)


def _merged(grade: str, therapy: str) -> Callable[[Figures], str]:
    return lambda found: _events(found.table("by-grade-and-therapy.csv"), grade=grade, therapy=therapy)


def _survival(found: Figures) -> str:
    left, out = 1.0, []
    for row in found.yearly:
        at_risk, events, censored = (int(row[name]) for name in ("at_risk", "events", "censored"))
        left *= 1 - events / (at_risk - censored / 2)
        out.append(f"{left:.3f}".removeprefix("0"))
    return " ".join(out)


def _ratio(name: str) -> Callable[[Figures], str]:
    return lambda found: "{:.2f} ({:.2f}-{:.2f})".format(*found.fitted(name))


def _thin(found: Figures) -> str:
    cells = [
        one["cell"]
        for one in found.stopped["yearly_by_therapy"]
        if one["code"] == "thin_interval" and ["column", "censored"] in one["params"]
    ]
    return ", ".join(" ".join(cell) for cell in cells)


def _small(found: Figures) -> str:
    small = sum(one["code"] == "below_threshold" for stops, _, _ in found.sites for one in stops)
    return f"{small} of {sum(len(rows) for _, rows, _ in found.sites)}"


def _third(found: Figures) -> str:
    wanted = {"grade": "III", "therapy": "yes", "event": "yes"}
    return ", ".join(
        row["n"]
        for _, rows, _ in found.sites
        for row in rows
        if all(row[name] == wanted[name] for name in wanted)
    )


def _stopped(name: str) -> Callable[[Figures], str]:
    return lambda found: found.status[name]


def _pooling(found: Figures) -> str:
    return "needs pooling" if all(needs for _, _, needs in found.sites) else "another merge passes"


EXPECTED: tuple[tuple[str, str, Callable[[Figures], str]], ...] = (
    ("events / patients", "299/686", _by_therapy()),
    ("grade I", "18/81", _by_grade("I")),
    ("grade II", "202/444", _by_grade("II")),
    ("grade III", "79/161", _by_grade("III")),
    ("without hormones", "205/440", _by_therapy(therapy="no")),
    ("with hormones", "94/246", _by_therapy(therapy="yes")),
    ("grades I-II, without", "149/329", _merged("I+II", "no")),
    ("grades I-II, with", "71/196", _merged("I+II", "yes")),
    ("grade III, without", "56/111", _merged("III", "no")),
    ("grade III, with", "23/50", _merged("III", "yes")),
    (
        "median days without recurrence: all, without, with",
        "1807 1528 2018",
        lambda found: " ".join(f"{value:.0f}" for value in found.fitted("median")),
    ),
    (
        "log-rank: chi squared, p",
        "8.56 0.0034",
        lambda found: "{:.2f} {:.4f}".format(*found.fitted("logrank")),
    ),
    ("hazard ratio, crude", "0.69 (0.54-0.89)", _ratio("hazard_crude")),
    ("hazard ratio, adjusted", "0.71 (0.55-0.91)", _ratio("hazard_adjusted")),
    ("actuarial survival, years 1 to 6", ".917 .746 .642 .558 .492 .428", _survival),
    ("three grades by therapy by event", "stopped", _stopped("by_grade_and_therapy")),
    (
        "  with grades I and II merged",
        "released",
        lambda found: "released" if "by-grade-and-therapy.csv" in found.files else "not",
    ),
    ("  its cells below ten at single sites", "11 of 36", _small),
    ("  events of grade III with hormones at the sites", "7, 9, 7", _third),
    ("  what a merge would do at the sites", "needs pooling", _pooling),
    (
        "raw Kaplan-Meier steps, least and most events",
        "270, 1 to 3",
        lambda found: "{:.0f}, {:.0f} to {:.0f}".format(*found.fitted("steps")),
    ),
    ("  a life table that shows them", "stopped", _stopped("daily")),
    ("yearly life table", "passed", _stopped("yearly")),
    (
        "  after a table with all events: two come after year 6",
        "stopped: few_can_be_derived",
        lambda found: found.later,
    ),
    ("yearly by therapy: thin years, by censored people", "yes 365.25-<730.5", _thin),
)
