"""Sums and means: no cell may let its second-largest contributor work out the largest.

Contributions are judged by size (absolute value). Sources: the (n, k) dominance and p % rules of the Handbook on
Statistical Disclosure Control (Hundepool et al., 2010, section 4.2.2); the numbers come from the profile.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from spe.code.layout import Layout
from spe.output.checks.finding import Code, Finding, Profile, Remedy
from spe.output.support import Cell, Measured, Support


def check(layout: Layout, support: Support, profile: Profile) -> tuple[Finding, ...]:
    """Find cells of a sum or mean that one or two people dominate, few contribute to, or where all are alike."""
    if layout.measure is None:
        return ()
    return tuple(
        Finding(code, cell.labels, params, remedy=Remedy.MERGE_GROUPS)
        for cell in support.cells
        if cell.measured and cell.n
        for code, params in _rules(cell, cell.measured, profile)
    )


def dominated(n: int, measured: Measured, profile: Profile) -> bool:
    """Say whether few contribute to a sum over `n` people or one or two dominate it; whether all are alike isn't asked."""
    return any(True for _ in _contributions(n, measured, profile))


def _rules(
    cell: Cell, measured: Measured, profile: Profile
) -> Iterable[tuple[Code, tuple[tuple[str, str], ...]]]:
    if measured.lowest == measured.highest:
        yield Code.SAME_VALUE, ()
    yield from _contributions(cell.n, measured, profile)


def _contributions(
    n: int, measured: Measured, profile: Profile
) -> Iterable[tuple[Code, tuple[tuple[str, str], ...]]]:
    first, second = measured.largest
    rest = measured.absolute - first - second
    if _few_contribute(n, measured, profile.threshold):
        yield Code.FEW_CONTRIBUTE, (("threshold", str(profile.threshold)),)
    if first > _exact(profile.dominance_one) * measured.absolute:
        yield Code.DOMINATED_BY_ONE, (("share", f"{profile.dominance_one:g}"),)
    if first + second > _exact(profile.dominance_two) * measured.absolute:
        yield Code.DOMINATED_BY_TWO, (("share", f"{profile.dominance_two:g}"),)
    if rest < _exact(profile.p_percent) / 100 * first:
        yield Code.RATIO_TOO_SMALL, (("percent", f"{profile.p_percent:g}"),)


def _few_contribute(n: int, measured: Measured, threshold: int) -> bool:
    """A sum of zeros and ones is a count of ones: both sides of it need the threshold."""
    two_valued = measured.at_low + measured.at_high == n
    return measured.nonzero < threshold or (two_valued and min(measured.at_low, measured.at_high) < threshold)


def _exact(share: float) -> Decimal:
    return Decimal(repr(share))
