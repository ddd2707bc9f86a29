"""Group disclosure: where all (or nearly all) of a group are in one class, each of them is known to be.

An exact finding would tell an empty cell from a small one, so it is for checkers; the data user reads the
threshold's finding on the empty cell, which is always there with it.
"""

from __future__ import annotations

from collections.abc import Iterable

from spe.code.layout import Kind, Layout
from spe.output.checks.finding import Audience, Code, Finding, Profile, Remedy, Severity
from spe.output.checks.margins import lines
from spe.output.support import Support


def check(layout: Layout, support: Support, profile: Profile) -> tuple[Finding, ...]:
    """Find cells that equal their margin along one dimension, or come near it by the profile's share."""
    return tuple(_found(layout, support, profile)) if layout.kind is Kind.COUNT else ()


def _found(layout: Layout, support: Support, profile: Profile) -> Iterable[Finding]:
    for axis, cells in lines(layout, support):
        margin = sum(cell.n for cell in cells)
        params = (("dimension", layout.dimensions[axis].name),)
        for cell in cells:
            if cell.n == margin > 0:
                yield Finding(
                    Code.CLASS_DISCLOSED,
                    cell.labels,
                    params,
                    audience=Audience.CHECKERS,
                    remedy=Remedy.MERGE_GROUPS,
                )
            elif margin and cell.n >= profile.class_share * margin:
                yield Finding(Code.CLASS_CONCENTRATED, cell.labels, params, Severity.LOOK, Audience.CHECKERS)
