"""Margins: a group less one of its cells is also a count that leaves."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product

from spe.code.layout import Kind, Layout, axes
from spe.output.checks.finding import Audience, Code, Finding, Profile, Remedy, Severity
from spe.output.support import Cell, Support


def check(layout: Layout, support: Support, profile: Profile) -> tuple[Finding, ...]:
    """Find cells whose margin less the cell is below the threshold, and a cohort whose excluded rows are few.

    What a margin reveals tells more than that single cells are small, so these are for checkers; the data user reads
    the threshold's finding, which is always there with a revealing margin.
    """
    if layout.kind is Kind.OTHER:
        return ()
    found = _revealed(layout, support, profile) if layout.kind is Kind.COUNT else ()
    return (*found, *_excluded(support, profile))


def lines(layout: Layout, support: Support) -> Iterable[tuple[int, list[Cell]]]:
    """Yield each line of cells along each dimension with at least two labels: their sum is a margin."""
    cells = {cell.labels: cell for cell in support.cells}
    split = axes(layout)
    for at, labels in enumerate(split):
        if len(labels) < 2:
            continue
        for before, after in product(list(product(*split[:at])), list(product(*split[at + 1 :]))):
            yield at, [cells[(*before, label, *after)] for label in labels]


def _revealed(layout: Layout, support: Support, profile: Profile) -> Iterable[Finding]:
    for axis, cells in lines(layout, support):
        margin = sum(cell.n for cell in cells)
        params = (("dimension", layout.dimensions[axis].name), ("threshold", str(profile.threshold)))
        for cell in cells:
            if margin > 0 and margin - cell.n < profile.threshold:
                yield Finding(
                    Code.MARGIN_REVEALS,
                    cell.labels,
                    params,
                    audience=Audience.CHECKERS,
                    remedy=Remedy.MERGE_GROUPS,
                )


def _excluded(support: Support, profile: Profile) -> Iterable[Finding]:
    """The total of another table gives the number of excluded rows away; `differencing` stops that table."""
    if 0 < support.excluded < profile.threshold:
        params = (("threshold", str(profile.threshold)),)
        yield Finding(Code.FEW_EXCLUDED, (), params, Severity.LOOK, Audience.CHECKERS)
