"""Trusted merges: a coarser table made from recomputed cells, never from rows or from the data user's file."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from itertools import pairwise
from typing import NoReturn

from spe.code.layout import Dimension, Group, Layout, Survival, axes, cell_labels, interval_labels
from spe.errors import Malformed
from spe.output.support import Agreement, Cell, Support, add_cells

_LONGEST_LABEL = 40


def merge(support: Support, old: Layout, new: Layout) -> Support:
    """Return the support of `new`, whose groups are unions of `old`'s and whose grid may end earlier.

    Raises `Malformed` where `new` isn't such a coarsening, so nothing can be relabelled or split on the way.
    """
    _same_question(old, new)
    maps = [_dimension_map(left, right) for left, right in zip(old.dimensions, new.dimensions, strict=True)]
    if old.survival and new.survival:
        maps.append(_grid_map(old.survival, new.survival))
    starts = _starts(old, new)
    merged: dict[tuple[str, ...], Cell] = {}
    for cell in support.cells:
        labels = tuple(mapping.get(label, "") for mapping, label in zip(maps, cell.labels, strict=True))
        if "" in labels:
            continue
        # Those at risk in a later interval of a stratum are among those of its first.
        part = cell if not starts or cell.labels[-1] in starts else replace(cell, n=0)
        merged[labels] = (
            add_cells(labels, merged[labels], part) if labels in merged else replace(part, labels=labels)
        )
    cells = tuple(merged[labels] for labels in cell_labels(new))
    return replace(support, output=new.name, cells=cells, agreement=Agreement.SAME, differences=())


def coarsen(layout: Layout, axis: int, starts: tuple[int, ...], end: int) -> Layout:
    """Merge neighbours on one axis: `starts` are the positions where a merged group begins, `end` closes the last.

    Only a life table's grid may end before its last interval.
    """
    bounds = [*starts, end]
    if axis == len(layout.dimensions) and layout.survival:
        grid = tuple(layout.survival.grid[at] for at in bounds)
        return replace(layout, survival=replace(layout.survival, grid=grid))
    dimension = layout.dimensions[axis]
    coarse = _merge_groups(dimension, bounds) if dimension.groups else _drop_cuts(dimension, starts)
    return replace(layout, dimensions=(*layout.dimensions[:axis], coarse, *layout.dimensions[axis + 1 :]))


def _merge_groups(dimension: Dimension, bounds: list[int]) -> Dimension:
    groups = []
    for low, high in pairwise(bounds):
        block = dimension.groups[low:high]
        values = tuple(value for group in block for value in group.values)
        groups.append(Group(_joined([group.label for group in block], low), values))
    return replace(dimension, groups=tuple(groups))


def _drop_cuts(dimension: Dimension, starts: tuple[int, ...]) -> Dimension:
    return replace(dimension, cuts=tuple(dimension.cuts[start - 1] for start in starts if start > 0))


def _joined(labels: list[str], at: int) -> str:
    for text in ("+".join(labels), f"{labels[0]} to {labels[-1]}"):
        if len(text) <= _LONGEST_LABEL:
            return text
    return f"groups {at + 1} to {at + len(labels)}"


def _starts(old: Layout, new: Layout) -> frozenset[str]:
    """Labels of the old intervals with which a new one begins; empty for a table without a grid."""
    if old.survival is None or new.survival is None:
        return frozenset()
    labels = zip(old.survival.grid, interval_labels(old.survival.grid), strict=False)
    return frozenset(label for low, label in labels if low in new.survival.grid)


def _same_question(old: Layout, new: Layout) -> None:
    same = (old.kind, old.measure, len(old.dimensions)) == (new.kind, new.measure, len(new.dimensions))
    pairs = zip(old.dimensions, new.dimensions, strict=False)
    if not same or any((left.field, left.name) != (right.field, right.name) for left, right in pairs):
        _refuse("asks for something else")
    if (old.survival is None) != (new.survival is None):
        _refuse("asks for something else")
    if old.survival and new.survival and replace(old.survival, grid=()) != replace(new.survival, grid=()):
        _refuse("asks for something else")


def _dimension_map(old: Dimension, new: Dimension) -> dict[str, str]:
    if old.cuts:
        if new.groups or not set(new.cuts) <= set(old.cuts):
            _refuse("has cuts that the table doesn't have")
        lows = [float("-inf"), *old.cuts]
        return {
            label: new.labels[bisect_right(new.cuts, low)]
            for label, low in zip(old.labels, lows, strict=True)
        }
    homes = {value: group.label for group in new.groups for value in group.values}
    if new.cuts or sorted(homes) != sorted(value for group in old.groups for value in group.values):
        _refuse("covers other values than the table")
    out = {}
    for group in old.groups:
        labels = {homes[value] for value in group.values}
        if len(labels) != 1:
            _refuse("splits a group of the table")
        out[group.label] = labels.pop()
    return out


def _grid_map(old: Survival, new: Survival) -> dict[str, str]:
    """Intervals after the new grid's end are left out: they have no label in the new table."""
    if new.grid[0] != old.grid[0] or not set(new.grid) <= set(old.grid):
        _refuse("has cut points that the table doesn't have")
    labels = interval_labels(new.grid)
    inside = [low for low in old.grid[:-1] if low < new.grid[-1]]
    pairs = zip(interval_labels(old.grid), inside, strict=False)
    return {label: labels[bisect_right(new.grid, low) - 1] for label, low in pairs}


def lines_of(layout: Layout, support: Support, axis: int) -> list[list[Cell]]:
    """Return, for each position on `axis`, its cells in the order of the other axes' labels."""
    positions = {label: at for at, label in enumerate(axes(layout)[axis])}
    out: list[list[Cell]] = [[] for _ in positions]
    for cell in support.cells:
        out[positions[cell.labels[axis]]].append(cell)
    return out


def _refuse(why: str) -> NoReturn:
    raise Malformed(f"the merged table {why}")
