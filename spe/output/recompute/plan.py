"""The plan of a recomputation: layouts already resolved to labels, look-up tables and cut points."""

from __future__ import annotations

import json
from bisect import bisect_right
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import product
from typing import Any

_LONGEST_NUMBER = 40


@dataclass(frozen=True)
class Axis:
    """One dimension: `values` maps codebook values to positions, or `cuts` splits numbers."""

    field: str
    name: str
    labels: tuple[str, ...]
    values: dict[str, int] | None
    cuts: tuple[Decimal, ...]

    def place(self, text: str) -> int | None:
        """Return the position of the group that `text` belongs to; None for missing or outside the codebook."""
        if self.values is None:
            value = number(text)
            return None if value is None else bisect_right(self.cuts, value)
        if text in self.values:
            return self.values[text]
        value = number(text)
        return None if value is None else self.values.get(_shortest(value))


@dataclass(frozen=True)
class Measure:
    """The number to be summed, with the codebook's bounds."""

    field: str
    low: Decimal
    high: Decimal
    decimals: int


@dataclass(frozen=True)
class Survival:
    """Duration, event and grid of a life table."""

    duration: str
    event: Axis
    grid: tuple[Decimal, ...]
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """One output to recompute."""

    name: str
    kind: str
    file: str
    header: tuple[str, ...]
    axes: tuple[Axis, ...]
    measure: Measure | None
    survival: Survival | None

    @property
    def strata(self) -> list[tuple[str, ...]]:
        """Label combinations of the dimensions, in declared order."""
        return list(product(*(axis.labels for axis in self.axes)))


@dataclass(frozen=True)
class Other:
    """One output that can't be recomputed: only facts about its file are taken."""

    name: str
    file: str
    max_bytes: int


@dataclass(frozen=True)
class Plan:
    """All outputs of one run and the column that tells subjects apart."""

    subject: str
    tables: tuple[Table, ...]
    others: tuple[Other, ...]


def read_plan(raw: bytes) -> Plan:
    """Read a plan that `spe.output.canonical.plan` wrote."""
    data = json.loads(raw)
    if data["version"] != 1:
        raise ValueError("this plan is of another version")
    return Plan(
        data["subject"],
        tuple(_table(item) for item in data["tables"]),
        tuple(Other(item["name"], item["file"], item["max_bytes"]) for item in data["others"]),
    )


def number(text: str, longest: int = _LONGEST_NUMBER) -> Decimal | None:
    """Return the finite decimal that `text` writes, None for anything else."""
    if len(text) > longest or "_" in text:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() and -30 < value.adjusted() < 30 else None


def _shortest(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _table(item: dict[str, Any]) -> Table:
    return Table(
        item["name"],
        item["kind"],
        item["file"],
        tuple(item["header"]),
        tuple(_axis(axis) for axis in item["axes"]),
        _measure(item["measure"]) if item["measure"] else None,
        _survival(item["survival"]) if item["survival"] else None,
    )


def _axis(item: dict[str, Any]) -> Axis:
    cuts = tuple(Decimal(cut) for cut in item["cuts"])
    return Axis(item["field"], item["name"], tuple(item["labels"]), item["values"], cuts)


def _measure(item: dict[str, Any]) -> Measure:
    return Measure(item["field"], Decimal(item["low"]), Decimal(item["high"]), item["decimals"])


def _survival(item: dict[str, Any]) -> Survival:
    grid = tuple(Decimal(cut) for cut in item["grid"])
    return Survival(item["duration"], _axis(item["event"]), grid, tuple(item["labels"]))
