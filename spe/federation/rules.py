"""No combination of opened sums may rest on fewer than three sites: the rule on changes of cohorts, over all rounds.

Every opening is a row: a one for each contributor. Whoever has the sums has every combination of the rows; one that is
nought but for one or two sites gives these sites away (n - 1, one cohort changed, one site more). Cohorts are judged
twice: as what they are, so that a change at one site shows, and as if they hadn't changed, because two cohorts of a
dataset mostly hold the same people. Which numbers were summed doesn't matter: tables of one dataset share
their margins. So ask for everything in one round, or with other sites by three or more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from itertools import combinations

from spe.federation.model import MINIMUM, Directory, Opening, Taken
from spe.federation.refusals import Refused, Why

# A site, its dataset, and its cohort where that counts.
Column = tuple[str, ...]
Row = dict[Column, Fraction]


def enough(sites: Iterable[str], directory: Directory) -> None:
    """Raise `Refused` unless the sites belong to at least three organisations."""
    if len({directory[site].organisation for site in sites}) < MINIMUM:
        raise Refused(Why.TOO_FEW_SITES, f"a sum has contributors of at least {MINIMUM} organisations")


def admit(past: Sequence[Opening], new: Opening) -> None:
    """Raise `Refused` where the new opening, with those before it, singles out one or two sites, or repeats one."""
    if any(_same(old, new) for old in past):
        raise Refused(Why.ANSWERED_ALREADY, "this sum was opened before")
    related = _related(past, new)
    for column in (_exact, _unchanged):
        singled = singled_out([_row(one, column) for one in (*related, new)])
        if singled:
            named = " and ".join(sorted(singled))
            raise Refused(
                Why.WOULD_SINGLE_OUT,
                f"with the sums opened before, this one would tell of {named} alone: wait until the cohorts of "
                f"{MINIMUM} sites have changed, or ask with the same sites",
            )


def _same(old: Opening, new: Opening) -> bool:
    return (old.layout, set(old.contributors)) == (new.layout, set(new.contributors))


def _exact(taken: Taken) -> Column:
    return (taken.site, taken.dataset, taken.cohort)


def _unchanged(taken: Taken) -> Column:
    return (taken.site, taken.dataset)


def _row(opening: Opening, column: Callable[[Taken], Column]) -> Row:
    return {column(taken): Fraction(1) for taken in opening.contributors}


def _related(past: Sequence[Opening], new: Opening) -> list[Opening]:
    """Return the openings that share datasets with the new one, directly or through others."""
    reached = {_unchanged(taken) for taken in new.contributors}
    found: list[Opening] = []
    left = list(past)
    while True:
        near = [one for one in left if reached & {_unchanged(taken) for taken in one.contributors}]
        if not near:
            return found
        found += near
        left = [one for one in left if one not in near]
        reached |= {_unchanged(taken) for one in near for taken in one.contributors}


def singled_out(rows: Iterable[Row]) -> frozenset[str]:
    """Return the one or two sites that some combination of the rows rests on alone, else none."""
    basis = _reduced(rows)
    sites = sorted({column[0] for row in basis.values() for column in row})
    for pair in combinations(sites, min(len(sites), MINIMUM - 1)):
        # What rests on the pair alone is made of the rows whose leading column is one of theirs.
        theirs = [row for lead, row in basis.items() if lead[0] in pair]
        outside = [{at: value for at, value in row.items() if at[0] not in pair} for row in theirs]
        if len(_reduced(outside)) < len(theirs):
            return frozenset(pair)
    return frozenset()


def _reduced(rows: Iterable[Row]) -> dict[Column, Row]:
    """Return the reduced row echelon form, by leading column."""
    basis: dict[Column, Row] = {}
    for row in rows:
        left = _without(row, basis)
        if not left:
            continue
        lead = min(left)
        scaled = {at: value / left[lead] for at, value in left.items()}
        basis = {at: _without(old, {lead: scaled}) for at, old in basis.items()}
        basis[lead] = scaled
    return basis


def _without(row: Row, basis: dict[Column, Row]) -> Row:
    out = dict(row)
    for lead, other in basis.items():
        factor = out.get(lead)
        if factor:
            for at, value in other.items():
                out[at] = out.get(at, Fraction(0)) - factor * value
    return {at: value for at, value in out.items() if value}
