"""Cells counted from rows: exact, in decimals, so that the order of rows changes nothing."""

from __future__ import annotations

from bisect import bisect_right
from decimal import Decimal
from math import prod
from typing import Any

from .form import fixed, mean
from .plan import Axis, Measure, Survival, Table, number

_ZERO = Decimal(0)


class Sums:
    """Contributions to one cell: enough to judge dominance, and nobody's row but the largest two."""

    def __init__(self) -> None:
        self.n = self.nonzero = self.at_low = self.at_high = 0
        self.total = self.absolute = _ZERO
        self.largest = [_ZERO, _ZERO]
        self.lowest: Decimal | None = None
        self.highest: Decimal | None = None

    def add(self, value: Decimal, measure: Measure) -> None:
        """Count one contribution."""
        size = abs(value)
        self.n += 1
        self.nonzero += value != 0
        self.at_low += value == measure.low
        self.at_high += value == measure.high
        self.total += value
        self.absolute += size
        self.largest = sorted([*self.largest, size], reverse=True)[:2]
        self.lowest = value if self.lowest is None else min(self.lowest, value)
        self.highest = value if self.highest is None else max(self.highest, value)

    def as_json(self) -> dict[str, Any]:
        """Decimals as text, so that no reader rounds them."""
        return {
            "total": f"{self.total:f}",
            "absolute": f"{self.absolute:f}",
            "largest": [f"{size:f}" for size in self.largest],
            "nonzero": self.nonzero,
            "at_low": self.at_low,
            "at_high": self.at_high,
            "lowest": None if self.lowest is None else f"{self.lowest:f}",
            "highest": None if self.highest is None else f"{self.highest:f}",
        }


class Lives:
    """One stratum of a life table: events and censorings per interval, and those still at risk after the last."""

    def __init__(self, intervals: int) -> None:
        self.events = [0] * intervals
        self.censored = [0] * intervals
        self.beyond = 0

    def add(self, interval: int, event: bool) -> None:
        """Count one subject."""
        if interval == len(self.events):
            self.beyond += 1
        elif event:
            self.events[interval] += 1
        else:
            self.censored[interval] += 1

    def at_risk(self) -> list[int]:
        """Subjects at risk when each interval starts."""
        left, out = self.beyond, []
        for events, censored in zip(reversed(self.events), reversed(self.censored), strict=True):
            left += events + censored
            out.append(left)
        return out[::-1]


class Tally:
    """The cells of one table, filled row by row."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.rows = self.excluded = 0
        strata = prod(len(axis.labels) for axis in table.axes)
        self.counts = [0] * strata
        self.sums = [Sums() for _ in range(strata if table.measure else 0)]
        intervals = len(table.survival.labels) if table.survival else 0
        self.lives = [Lives(intervals) for _ in range(strata if table.survival else 0)]

    def add(self, row: dict[str, str]) -> None:
        """Count one row, or exclude it where a value that the table needs is missing."""
        self.rows += 1
        at = _stratum(self.table.axes, row)
        if at is None or not self._add_value(at, row):
            self.excluded += 1

    def _add_value(self, at: int, row: dict[str, str]) -> bool:
        if self.table.survival:
            place = _lived(self.table.survival, row)
            if place is not None:
                self.lives[at].add(*place)
            return place is not None
        if self.table.measure:
            value = number(row[self.table.measure.field])
            if value is None or not self.table.measure.low <= value <= self.table.measure.high:
                return False
            self.sums[at].add(value, self.table.measure)
        self.counts[at] += 1
        return True

    def cells(self) -> list[dict[str, Any]]:
        """Every cell in declared order, empty ones too."""
        out: list[dict[str, Any]] = []
        for at, labels in enumerate(self.table.strata):
            if self.table.survival:
                out += _life_cells(self.table.survival, labels, self.lives[at])
            else:
                cell: dict[str, Any] = {"labels": list(labels), "n": self.counts[at]}
                out.append({**cell, "measured": self.sums[at].as_json()} if self.table.measure else cell)
        return out

    def file_rows(self) -> list[tuple[str, ...]]:
        """Rows of the canonical file."""
        out: list[tuple[str, ...]] = []
        for at, labels in enumerate(self.table.strata):
            if self.table.survival:
                out += _life_rows(self.table.survival, labels, self.lives[at])
            elif self.table.measure:
                out.append((*labels, str(self.counts[at]), self._value(at, self.table.measure)))
            else:
                out.append((*labels, str(self.counts[at])))
        return out

    def _value(self, at: int, measure: Measure) -> str:
        total = self.sums[at].total
        if self.table.kind == "sum":
            return fixed(total, measure.decimals)
        return mean(total, self.counts[at], measure.decimals)


def _stratum(axes: tuple[Axis, ...], row: dict[str, str]) -> int | None:
    at = 0
    for axis in axes:
        place = axis.place(row[axis.field])
        if place is None:
            return None
        at = at * len(axis.labels) + place
    return at


def _lived(survival: Survival, row: dict[str, str]) -> tuple[int, bool] | None:
    duration, event = number(row[survival.duration]), row[survival.event.field]
    if duration is None or not event or duration < survival.grid[0]:
        return None
    return bisect_right(survival.grid, duration) - 1, survival.event.place(event) is not None


def _life_cells(survival: Survival, labels: tuple[str, ...], lives: Lives) -> list[dict[str, Any]]:
    numbers = zip(survival.labels, lives.at_risk(), lives.events, lives.censored, strict=True)
    return [
        {"labels": [*labels, interval], "n": at_risk, "events": events, "censored": censored}
        for interval, at_risk, events, censored in numbers
    ]


def _life_rows(survival: Survival, labels: tuple[str, ...], lives: Lives) -> list[tuple[str, ...]]:
    ends = [f"{cut:f}" for cut in survival.grid]
    numbers = zip(ends, ends[1:], lives.at_risk(), lives.events, lives.censored, strict=False)
    return [
        (*labels, low, high, str(n), str(events), str(censored)) for low, high, n, events, censored in numbers
    ]
