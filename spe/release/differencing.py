"""Differencing: no release may, with all that left before, single out fewer people than the threshold.

What is covered, for tables that share a site with the candidates, over permits, cohorts, sites and pools:

- the same group counted in two cohorts (a withdrawal, another permit): a difference of 1 to threshold - 1. No
  difference says nothing about anybody, so it is fine. The group may be any set that follows in both cohorts;
- a group inside another (refined, regrouped, a margin, "years 0 to 6" inside "all events"), in one cohort or two:
  a difference below the threshold, nought too, because a group that is empty tells a class of everybody else;
- any rational combination of all released counts that gives the count of a region. A region is one choice of
  classes per field (every subset of up to four classes, every range of an ordered field: see `regions`), for
  each set of sources a table was released for and each source alone: so margins and unions of every order;
- any rational combination that gives the count of any set at all, whatever unions it is made of (see `unions`);
- counts of one cohort that contradict each other: a total above its own groups counts those without a value, where
  the codebook says that everybody has one;
- sums and means of one field, combined in the same way (see `sums`);
- bounds of an atom from counts being no less than nought: an atom known to be small and not empty, or known within
  the profile's width.

What isn't: tighter bounds that only linear or integer programming gives; a group inside another in two cohorts, unless
each is a region, a released cell or a smallest set; and where there are too many combinations to try, sets that take
more than three released ones (`unions` says when). Tables that are too many for one system are compared in parts that
share no field (exact: see `parts`); beyond `MOST_ATOMS`, `MOST_FACTS` or `MOST_REGIONS` even so, the candidates stop.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from spe.catalogue.variables import Variable
from spe.code.layout import Kind
from spe.output.checks.finding import Audience, Code, Finding, Profile, Remedy, Severity
from spe.release.known import Known, System
from spe.release.parts import parts
from spe.release.reconstruct import bounds
from spe.release.regions import MOST_ATOMS, Fact, Released, Source, Space, facts_in, regions, space_of
from spe.release.sums import compare_sums

MOST_COLUMNS = 4_000
MOST_FACTS = 1_000
MOST_REGIONS = 3_000
_MOST_DETAILS = 50


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
        details = [Finding(Code.TOO_MANY_TO_COMPARE, severity=Severity.LOOK, audience=Audience.CHECKERS)]
        for candidates_here, others in parts(mine, before, variables):
            found = _joint(candidates_here, others, variables, profile)
            details += (
                [Finding(Code.TOO_MANY_TO_COMPARE, remedy=Remedy.MERGE_GROUPS)] if found is None else found
            )
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
    if space.size > MOST_ATOMS or space.size * len(sources) > MOST_COLUMNS:
        return None
    old, new = facts_in(space, before), facts_in(space, mine)
    if len(old) + len(new) > MOST_FACTS:
        return None
    scopes = _scopes([*old, *new], sources)
    listed = regions(space, MOST_REGIONS // len(scopes))
    sums = compare_sums(space, mine, before, profile)
    if listed is None or sums is None:
        return None
    system = System(space, sources, old, new)
    known = system.determined({space.mask(chosen): space.text(chosen) for chosen in listed}, scopes)
    return [
        *(_detail(one.code, one.sites, space.around(one.mask)) for one in sums),
        *_contradictions(space, system.clashing),
        *_small([*known, *system.smallest(profile.threshold)], profile),
        *_differences(known, profile),
        *(_detail(Code.DIFFERS_BY_FEW, one.sites, one.text) for one in system.changed(profile.threshold)),
        *_bounded(space, known, scopes, profile),
    ]


def _scopes(facts: Sequence[Fact], sources: Sequence[Source]) -> list[frozenset[Source]]:
    """Sets of sources to look into: those of a table, each alone, and what one leaves of another (a pool less a site)."""
    found = {fact.sources for fact in facts} | {frozenset({source}) for source in sources}
    return sorted(found | {left - right for left in found for right in found if left - right}, key=sorted)


def _contradictions(space: Space, facts: Sequence[Fact]) -> list[Finding]:
    """What is left of a contradiction is somebody whom one table counts and another doesn't."""
    return [
        _detail(
            Code.FEW_CAN_BE_DERIVED, tuple(sorted(one.site for one in fact.sources)), space.around(fact.mask)
        )
        for fact in facts
    ]


def _small(known: Sequence[Known], profile: Profile) -> Iterable[Finding]:
    small = (region for region in known if region.new and region.count < profile.threshold)
    return [_detail(Code.FEW_CAN_BE_DERIVED, region.sites, region.text) for region in small][:_MOST_DETAILS]


def _differences(known: Sequence[Known], profile: Profile) -> list[Finding]:
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
                    against = small.text if small.text != large.text else ()
                    out.append(_detail(code, large.sites, large.text, *against))
    return out


def _close(small: Known, large: Known) -> Code | None:
    inside = small.mask & large.mask in (small.mask, large.mask)
    if not inside or (small.mask, small.sources) == (large.mask, large.sources):
        return None
    if small.sources == large.sources:
        return Code.FEW_CAN_BE_DERIVED
    same_group_same_count = small.mask == large.mask and small.count == large.count
    return None if same_group_same_count else Code.DIFFERS_BY_FEW


def _bounded(
    space: Space, known: Sequence[Known], scopes: Sequence[frozenset[Source]], profile: Profile
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
    sites = tuple(sorted(source.site for source in scope))
    return _detail(Code.FEW_CAN_BE_DERIVED, sites, space.text([(place,) for place in space.places(at)]))


def _detail(code: Code, sites: Sequence[str], text: Sequence[str], *against: str) -> Finding:
    params = (("against", "; ".join(against)),) if against else ()
    cell = (f"site: {', '.join(sites)}", *text)
    return Finding(code, cell, params, audience=Audience.CHECKERS, remedy=Remedy.MERGE_GROUPS)
