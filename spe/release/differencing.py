"""Differencing: no release may, with all that left before, single out fewer people than the threshold.

What is covered, for tables that share a site with the candidates, over permits, cohorts, sites and pools:

- the same group counted in two cohorts (a withdrawal, another permit): a difference of 1 to threshold - 1. No
  difference says nothing about anybody, so it is fine;
- a group inside another (refined, regrouped, a margin, "years 0 to 6" inside "all events"), in one cohort or two:
  a difference below the threshold, nought too, because a group that is empty tells a class of everybody else;
- any rational combination of all released counts that gives the count of a region. A region is one choice of
  classes per field (every subset of up to four classes, every range of an ordered field: see `regions`), for
  each set of sources a table was released for and each source alone: so margins and unions of every order;
- bounds of an atom from counts being no less than nought: an atom known to be small and not empty, or known within
  the profile's width.

What isn't: unions that aren't one choice per field, unless one released region less another; combinations of sums
and means beyond their counts; tighter bounds that only linear or integer programming gives. Beyond `MOST_ATOMS`,
`MOST_FACTS` or `MOST_REGIONS` each earlier table is compared alone with each candidate, and people are told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from spe.catalogue.variables import Variable
from spe.code.layout import Kind
from spe.output.checks.finding import Audience, Code, Finding, Profile, Remedy, Severity
from spe.release.reconstruct import Knowledge, bounds
from spe.release.regions import MOST_ATOMS, Fact, Released, Source, Space, facts_in, regions, space_of

MOST_FACTS = 1_000
MOST_REGIONS = 3_000
_MOST_DETAILS = 50


@dataclass(frozen=True, slots=True)
class _Known:
    """A region whose count follows from what was released; `new` where it didn't before."""

    mask: int
    sources: frozenset[Source]
    count: int
    text: tuple[str, ...]
    new: bool

    @property
    def sites(self) -> tuple[str, ...]:
        return tuple(sorted(source.site for source in self.sources))


def compare(
    candidates: Sequence[Released],
    earlier: Sequence[Released],
    variables: Sequence[Variable],
    profile: Profile,
) -> tuple[Finding, ...]:
    """Find every group of few people that the candidates single out together with earlier releases.

    For everybody one finding per code, without a cell; cells are for checkers, for they say where a person left.
    What earlier releases single out by themselves isn't held against the candidates.
    """
    mine = [table for table in candidates if table.layout.kind is not Kind.OTHER]
    sites = {source.site for table in mine for source in table.sources}
    before = [
        table
        for table in earlier
        if table.layout.kind is not Kind.OTHER and sites & {source.site for source in table.sources}
    ]
    if not mine:
        return ()
    details = _joint(mine, before, variables, profile)
    if details is None:
        pairs = [[left, right] for left in mine for right in [*before, *mine] if left is not right]
        parts = [_joint(pair[:1], pair[1:], variables, profile) for pair in pairs]
        look = Finding(Code.TOO_MANY_TO_COMPARE, severity=Severity.LOOK, audience=Audience.CHECKERS)
        details = [*(finding for part in parts for finding in part or ()), look]
        if any(part is None for part in parts):
            details.append(Finding(Code.TOO_MANY_TO_COMPARE, remedy=Remedy.MERGE_GROUPS))
    return (*_summary(details, profile), *dict.fromkeys(details))


def _summary(details: Sequence[Finding], profile: Profile) -> Iterable[Finding]:
    stops = {finding.code for finding in details if finding.severity is Severity.STOP and finding.cell}
    params = (("threshold", str(profile.threshold)),)
    return [Finding(code, (), params, remedy=Remedy.MERGE_GROUPS) for code in sorted(stops)]


def _joint(
    mine: Sequence[Released], before: Sequence[Released], variables: Sequence[Variable], profile: Profile
) -> list[Finding] | None:
    """Compare all tables as one system; None where it is too large."""
    space = space_of([*before, *mine], variables)
    sources = sorted({source for table in [*before, *mine] for source in table.sources})
    if space.size * len(sources) > MOST_ATOMS:
        return None
    old, new = facts_in(space, before), facts_in(space, mine)
    if len(old) + len(new) > MOST_FACTS:
        return None
    scopes = _scopes([*old, *new], sources)
    listed = regions(space, MOST_REGIONS // len(scopes))
    if listed is None:
        return None
    known = _determined(space, listed, scopes, (old, new), sources)
    return [*_small(known, profile), *_differences(known, profile), *_bounded(space, known, scopes, profile)]


def _scopes(facts: Sequence[Fact], sources: Sequence[Source]) -> list[frozenset[Source]]:
    """Sets of sources to look into: those of a table, each alone, and what one leaves of another (a pool less a site)."""
    found = {fact.sources for fact in facts} | {frozenset({source}) for source in sources}
    return sorted(found | {left - right for left in found for right in found if left - right}, key=sorted)


def _determined(
    space: Space,
    listed: Sequence[tuple[tuple[int, ...], ...]],
    scopes: Sequence[frozenset[Source]],
    facts: tuple[list[Fact], list[Fact]],
    sources: Sequence[Source],
) -> list[_Known]:
    old, new = facts
    then, now = Knowledge(old, sources, space.size), Knowledge([*old, *new], sources, space.size)
    out = []
    for chosen in listed:
        mask, text = space.mask(chosen), space.text(chosen)
        for scope in scopes:
            count = now.count(mask, scope)
            if count is not None:
                out.append(_Known(mask, scope, count, text, then.count(mask, scope) is None))
    return out


def _small(known: Sequence[_Known], profile: Profile) -> Iterable[Finding]:
    small = (region for region in known if region.new and region.count < profile.threshold)
    return [_detail(Code.FEW_CAN_BE_DERIVED, region) for region in small][:_MOST_DETAILS]


def _differences(known: Sequence[_Known], profile: Profile) -> list[Finding]:
    """Compare regions of the same sites whose counts lie close: sorted by count, each with those just above."""
    out: list[Finding] = []
    by_sites = sorted(known, key=lambda region: (region.sites, region.count))
    for _, group in groupby(by_sites, key=lambda region: region.sites):
        regions_here = list(group)
        for at, small in enumerate(regions_here):
            for large in regions_here[at + 1 :]:
                if large.count - small.count >= profile.threshold or len(out) >= _MOST_DETAILS:
                    break
                code = _close(small, large)
                if code is not None and (small.new or large.new):
                    out.append(_detail(code, large, *(small.text if small.text != large.text else ())))
    return out


def _close(small: _Known, large: _Known) -> Code | None:
    inside = small.mask & large.mask in (small.mask, large.mask)
    if not inside or (small.mask, small.sources) == (large.mask, large.sources):
        return None
    if small.sources == large.sources:
        return Code.FEW_CAN_BE_DERIVED
    same_group_same_count = small.mask == large.mask and small.count == large.count
    return None if same_group_same_count else Code.DIFFERS_BY_FEW


def _bounded(
    space: Space, known: Sequence[_Known], scopes: Sequence[frozenset[Source]], profile: Profile
) -> list[Finding]:
    out = []
    for scope in scopes:
        facts = [Fact(region.mask, scope, region.count) for region in known if region.sources == scope]
        earlier = [
            Fact(region.mask, scope, region.count)
            for region in known
            if region.sources == scope and not region.new
        ]
        if len(facts) == len(earlier):
            continue
        then, now = bounds(earlier, scope, space.size), bounds(facts, scope, space.size)
        exposed = [
            at for at, pair in enumerate(now) if _exposed(pair, profile) and not _exposed(then[at], profile)
        ]
        out += [_atom(space, at, scope) for at in exposed]
    return out[:_MOST_DETAILS]


def _exposed(pair: tuple[int, int | None], profile: Profile) -> bool:
    low, high = pair
    if high is None or high >= profile.threshold:
        return False
    return low >= 1 or high - low <= profile.recover_width


def _atom(space: Space, at: int, scope: frozenset[Source]) -> Finding:
    chosen = []
    for classes in reversed(space.classes):
        at, place = divmod(at, len(classes))
        chosen.append((place,))
    return _detail(Code.FEW_CAN_BE_DERIVED, _Known(0, scope, 0, space.text(chosen[::-1]), new=True))


def _detail(code: Code, region: _Known, *against: str) -> Finding:
    cell = (f"site: {', '.join(region.sites)}", *region.text)
    params = (("against", "; ".join(against)),) if against else ()
    return Finding(code, cell, params, audience=Audience.CHECKERS, remedy=Remedy.MERGE_GROUPS)
