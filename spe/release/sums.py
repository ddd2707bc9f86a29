"""Differencing of sums and means: no combination of released ones may be the sum of a group that one person dominates.

Whoever has the sums of a group and of a part of it has the sum of the rest. Everything that adds up is known here
exactly for such a rest: people, total, absolute total, how many aren't nought or lie at either bound. What doesn't
add up is bounded from above: of a released group that holds the rest, the rest's largest contribution is at most the
group's largest, or its second largest where a part outside the rest has a contribution as large as the group's
largest; its second largest is at most the group's second. With these the dominance, p % and few-contributors rules are
held against the rest, so it may be stopped though it is safe, never the other way round.

Cohorts of one site are put together as if they were one. Where they contradict each other (the sum of a group is
not what it was, because somebody left, came or was corrected) the candidate is stopped, whatever the difference: who
changed places with whom isn't known here. So after a change in a cohort a sum that the change touches stays inside.

What isn't covered: what a mean's or sum's bounds tell of those in it, and combinations of sums of different fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction

from spe.code.layout import Kind
from spe.output.checks import dominance
from spe.output.checks.finding import Code, Profile
from spe.output.recompute.form import EXACT
from spe.output.support import Measured
from spe.release.reconstruct import Entry, Span, Values, bits
from spe.release.regions import Released, Space, conditions_of, mask_of
from spe.release.unions import Columns, sets_in


@dataclass(frozen=True, slots=True)
class Found:
    """A group whose sum doesn't stay inside: the atoms, the sites, and why."""

    code: Code
    mask: int
    sites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Sum:
    columns: Columns
    n: int
    measured: Measured

    @property
    def values(self) -> Values:
        """All that adds up."""
        of = self.measured
        parts = (self.n, of.total, of.absolute, of.nonzero, of.at_low, of.at_high)
        return tuple(Fraction(part) for part in parts)


def compare_sums(
    space: Space, mine: Sequence[Released], before: Sequence[Released], profile: Profile
) -> list[Found] | None:
    """Find groups whose sum the candidates give away; None where a released sum lacks its contributions."""
    sites = sorted({source.site for table in (*mine, *before) for source in table.sources})
    out: list[Found] = []
    for field in sorted({table.layout.measure.field for table in mine if table.layout.measure}):
        old, new = (_sums(space, tables, field, sites) for tables in (before, mine))
        if old is None or new is None:
            return None
        found = [*_contradictions(old, new), *_derived(old, new, profile)]
        out += [Found(code, *_place(columns, space.size, sites)) for code, columns in found]
    return out


def _sums(space: Space, tables: Iterable[Released], field: str, sites: Sequence[str]) -> list[_Sum] | None:
    out = []
    for table in tables:
        layout = table.layout
        if layout.kind not in (Kind.SUM, Kind.MEAN) or not layout.measure or layout.measure.field != field:
            continue
        for cell, condition in conditions_of(table):
            if cell.measured is None:
                return None
            atoms = list(bits(mask_of(space, condition)))
            offsets = [sites.index(source.site) * space.size for source in table.sources]
            columns = frozenset(offset + atom for offset in offsets for atom in atoms)
            out.append(_Sum(columns, cell.n, cell.measured))
    return out


def _contradictions(old: Sequence[_Sum], new: Sequence[_Sum]) -> list[tuple[Code, Columns]]:
    """Only people and totals are published: where those agree, nothing shows."""
    span, out = Span(), []
    for at, one in enumerate((*old, *new)):
        before = len(span.clashes)
        span.learn(dict.fromkeys(one.columns, 1), one.values[:2])
        if len(span.clashes) > before and at >= len(old):
            out.append((Code.DIFFERS_BY_FEW, one.columns))
    return out


def _derived(old: Sequence[_Sum], new: Sequence[_Sum], profile: Profile) -> list[tuple[Code, Columns]]:
    then, now = _span(old), _span((*old, *new))
    released = {one.columns for one in (*old, *new)}
    out = []
    for columns in sorted(sets_in(now, released) - released, key=sorted):
        values = now.values(columns)
        if values is None or then.values(columns) is not None:
            continue
        if _unsafe(values, _largest(columns, (*old, *new)), profile):
            out.append((Code.SUM_CAN_BE_DERIVED, columns))
    return out


def _span(sums: Iterable[_Sum]) -> Span:
    span = Span()
    for one in sums:
        span.learn(dict.fromkeys(one.columns, 1), one.values)
    return span


def _largest(columns: Columns, sums: Sequence[_Sum]) -> tuple[Decimal, Decimal]:
    """Return upper bounds of the two largest contributions (see above)."""
    firsts, seconds = [], []
    for group in sums:
        if columns <= group.columns:
            first, second = group.measured.largest
            outside = [part for part in sums if part.columns <= group.columns - columns]
            elsewhere = any(part.measured.largest[0] >= first for part in outside)
            firsts.append(second if elsewhere else first)
            seconds.append(second)
    most = [max(one.measured.largest[at] for one in sums) for at in (0, 1)]
    return min(firsts, default=most[0]), min(seconds, default=most[0])


def _unsafe(values: Values, largest: tuple[Decimal, Decimal], profile: Profile) -> bool:
    n, total, absolute, nonzero, at_low, at_high = values
    if any(value.denominator != 1 for value in (n, nonzero, at_low, at_high)) or absolute < max(
        total, -total
    ):
        return True
    first, second = largest
    whole = _decimal(absolute)
    first = min(first, whole)
    measured = Measured(
        _decimal(total),
        whole,
        (first, min(second, first)),
        int(nonzero),
        int(at_low),
        int(at_high),
        lowest=None,
        highest=None,
    )
    return n < profile.threshold or dominance.dominated(int(n), measured, profile)


def _decimal(value: Entry) -> Decimal:
    with localcontext() as context:
        context.prec = EXACT
        return Decimal(value.numerator) / Decimal(value.denominator)


def _place(columns: Columns, atoms: int, sites: Sequence[str]) -> tuple[int, tuple[str, ...]]:
    mask = 0
    for at in {column % atoms for column in columns}:
        mask |= 1 << at
    return mask, tuple(sites[at] for at in sorted({column // atoms for column in columns}))
