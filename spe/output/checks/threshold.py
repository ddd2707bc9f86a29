"""No cell of fewer people than the threshold: empty and small are the same finding."""

from __future__ import annotations

from spe.code.layout import Kind, Layout
from spe.output.checks.finding import Code, Finding, Profile, Remedy
from spe.output.support import Support


def check(layout: Layout, support: Support, profile: Profile) -> tuple[Finding, ...]:
    """Find every cell of a count, sum or mean below the threshold."""
    if layout.kind is Kind.LIFE_TABLE:
        return ()
    params = (("threshold", str(profile.threshold)),)
    return tuple(
        Finding(Code.BELOW_THRESHOLD, cell.labels, params, remedy=Remedy.MERGE_GROUPS)
        for cell in support.cells
        if cell.n < profile.threshold
    )
