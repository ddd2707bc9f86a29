"""The data user's own file against the recomputed one.

Only checkers read this: a program could write wrong numbers into chosen cells, and the list of differing cells
would carry its message out. The canonical file holds the recomputed numbers either way.
"""

from __future__ import annotations

from spe.code.layout import Layout, axes, cell_count
from spe.output.checks.finding import Audience, Code, Finding, Profile, Remedy, Severity
from spe.output.support import Agreement, Support


def check(layout: Layout, support: Support, profile: Profile) -> tuple[Finding, ...]:
    """Find cells that aren't the layout's, and where the user's file is absent, unreadable or says otherwise."""
    del profile
    if not _complete(layout, support):
        code = Code.GRID_DIFFERS if layout.survival else Code.CELLS_DIFFER
        return (Finding(code, audience=Audience.CHECKERS, remedy=Remedy.RUN_AGAIN),)
    if support.agreement is Agreement.SAME:
        return ()
    whole = [((), "")] if support.agreement is not Agreement.VALUES else []
    cells = [*whole, *((difference.labels, difference.column) for difference in support.differences)]
    return tuple(
        Finding(
            Code.DIFFERS_FROM_RECOMPUTED,
            labels,
            (("how", support.agreement.value), ("column", column)),
            Severity.LOOK,
            Audience.CHECKERS,
            Remedy.RUN_AGAIN,
        )
        for labels, column in cells
    )


def _complete(layout: Layout, support: Support) -> bool:
    """Every declared cell once, none besides: rules that sum over cells rely on it."""
    found = {cell.labels for cell in support.cells}
    if len(support.cells) != cell_count(layout) or len(found) != len(support.cells):
        return False
    split = [set(labels) for labels in axes(layout)]
    return all(
        len(labels) == len(split) and all(label in known for label, known in zip(labels, split, strict=True))
        for labels in found
    )
