"""Life tables: each interval's numbers, and what is left after the last, are counts that leave.

A raw Kaplan-Meier curve steps at every event, so each step is one to a few people; a grid of intervals with
enough events and enough censored people in each is what can pass.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from spe.code.layout import Layout
from spe.output.checks.finding import Code, Finding, Profile, Remedy
from spe.output.support import Cell, Support


def check(layout: Layout, support: Support, profile: Profile) -> tuple[Finding, ...]:
    """Find few people at risk, thin intervals and a thin tail."""
    if layout.survival is None:
        return ()
    found: list[Finding] = []
    for _, cells in groupby(support.cells, key=lambda cell: cell.labels[:-1]):
        lives = list(cells)
        found += thin(lives, profile)
        found += _tail(lives[-1], profile)
    return tuple(found)


def thin(lives: list[Cell], profile: Profile) -> Iterable[Finding]:
    """Find the cells with few at risk, few events or few censored people."""
    params = (("threshold", str(profile.threshold)),)
    for cell in lives:
        if cell.n < profile.threshold:
            yield Finding(Code.FEW_AT_RISK, cell.labels, params, remedy=Remedy.SHORTEN_GRID)
        for column, count in (("events", cell.events), ("censored", cell.censored)):
            if count < profile.threshold:
                yield Finding(
                    Code.THIN_INTERVAL,
                    cell.labels,
                    (("column", column), *params),
                    remedy=Remedy.MERGE_INTERVALS,
                )


def _tail(last: Cell, profile: Profile) -> Iterable[Finding]:
    """Those at risk less those who leave are the ones still there when the grid ends."""
    if last.n - last.events - last.censored < profile.threshold:
        yield Finding(
            Code.THIN_TAIL, last.labels, (("threshold", str(profile.threshold)),), remedy=Remedy.SHORTEN_GRID
        )
