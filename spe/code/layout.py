"""What one declared output looks like: closed data, with no expression, pattern or callable in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise, product
from math import prod

MAX_OUTPUTS = 20
MAX_CELLS = 10_000
MAX_BYTES = 1024 * 1024
MAX_DIMENSIONS = 4
MEDIA_TYPES = ("text/csv", "application/json")


class Kind(StrEnum):
    """How an output is recomputed; `other` can't be, so it goes to people as it is."""

    COUNT = "count"
    SUM = "sum"
    MEAN = "mean"
    LIFE_TABLE = "life_table"
    OTHER = "other"


VALUE_COLUMNS = {
    Kind.COUNT: ("n",),
    Kind.SUM: ("n", "sum"),
    Kind.MEAN: ("n", "mean"),
    Kind.LIFE_TABLE: ("from", "to", "at_risk", "events", "censored"),
    Kind.OTHER: (),
}


@dataclass(frozen=True, slots=True)
class Group:
    """One label and the codebook values that it stands for."""

    label: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dimension:
    """One way to split people: `groups` of codebook values, or `cuts` that split a number's whole range.

    Cuts c1 < … < ck give k + 1 intervals, each with its lower end: below c1, c1 to below c2, …, ck and above.
    """

    field: str
    name: str
    groups: tuple[Group, ...] = ()
    cuts: tuple[float, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels in declared order."""
        if self.groups:
            return tuple(group.label for group in self.groups)
        return cut_labels(self.cuts)


@dataclass(frozen=True, slots=True)
class Measure:
    """The number that is summed; `low` and `high` are the codebook's, so that nobody can clip to single one out."""

    field: str
    low: float
    high: float
    decimals: int = 2


@dataclass(frozen=True, slots=True)
class Survival:
    """Duration and event of a life table; interval i runs from `grid[i]` (included) to `grid[i + 1]` (not)."""

    duration: str
    event: str
    event_values: tuple[str, ...]
    grid: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """One declared output; `layout_parse.parse_layout` is the only way in from outside."""

    name: str
    kind: Kind
    file: str
    dimensions: tuple[Dimension, ...] = ()
    measure: Measure | None = None
    survival: Survival | None = None
    media_type: str = "text/csv"
    max_bytes: int = MAX_BYTES


def number_text(value: float) -> str:
    """Write a declared number with at most six decimals and no exponent."""
    return f"{value:.6f}".rstrip("0").rstrip(".") or "0"


def cut_labels(cuts: tuple[float, ...]) -> tuple[str, ...]:
    """Labels of the intervals that interior cut points make."""
    texts = [number_text(cut) for cut in cuts]
    middle = [f"{low}-<{high}" for low, high in pairwise(texts)]
    return (f"<{texts[0]}", *middle, f">={texts[-1]}")


def interval_labels(grid: tuple[float, ...]) -> tuple[str, ...]:
    """Labels of a life table's intervals, in the duration's unit."""
    texts = [number_text(cut) for cut in grid]
    return tuple(f"{low}-<{high}" for low, high in pairwise(texts))


def axes(layout: Layout) -> tuple[tuple[str, ...], ...]:
    """Labels of every axis: the dimensions, then for a life table its intervals."""
    split = tuple(dimension.labels for dimension in layout.dimensions)
    return (*split, interval_labels(layout.survival.grid)) if layout.survival else split


def cell_labels(layout: Layout) -> Iterable[tuple[str, ...]]:
    """Every cell's labels in the order of the canonical file; a table without dimensions has one cell."""
    return product(*axes(layout))


def cell_count(layout: Layout) -> int:
    """Cells of the table, 0 for `other`."""
    return 0 if layout.kind is Kind.OTHER else prod(len(labels) for labels in axes(layout))


def header(layout: Layout) -> tuple[str, ...]:
    """Columns of the canonical file; a declared file has the same ones in any order."""
    return (*(dimension.name for dimension in layout.dimensions), *VALUE_COLUMNS[layout.kind])


def fields(layout: Layout) -> tuple[str, ...]:
    """Fields of the permit that the output needs, sorted."""
    needed = {dimension.field for dimension in layout.dimensions}
    if layout.measure:
        needed.add(layout.measure.field)
    if layout.survival:
        needed |= {layout.survival.duration, layout.survival.event}
    return tuple(sorted(needed))


def to_json(layout: Layout) -> dict[str, object]:
    """Return the mapping that `parse_layout` reads back to the same value; label order survives sorted keys."""
    out: dict[str, object] = {"name": layout.name, "kind": layout.kind.value, "file": layout.file}
    if layout.kind is Kind.OTHER:
        return {**out, "media_type": layout.media_type, "max_bytes": layout.max_bytes}
    out["dimensions"] = [_dimension_json(dimension) for dimension in layout.dimensions]
    if layout.measure:
        measure = layout.measure
        out["measure"] = {
            "field": measure.field,
            "low": measure.low,
            "high": measure.high,
            "decimals": measure.decimals,
        }
    if layout.survival:
        survival = layout.survival
        out["duration"] = survival.duration
        out["event"] = {"field": survival.event, "values": list(survival.event_values)}
        out["grid"] = list(survival.grid)
    return out


def _dimension_json(dimension: Dimension) -> dict[str, object]:
    out: dict[str, object] = {"field": dimension.field, "name": dimension.name}
    if dimension.groups:
        out["groups"] = [{"label": group.label, "values": list(group.values)} for group in dimension.groups]
    else:
        out["cuts"] = list(dimension.cuts)
    return out
