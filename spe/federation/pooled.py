"""The hand-over: an opened sum becomes tables that the output checks judge, and that nobody sees before.

A pooled table has the form of any other: layout, support, canonical bytes by trusted code, and its sources.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from spe.code.layout import Layout
from spe.errors import IntegrityFailure, StoppedByChecks
from spe.federation.opening import Opened
from spe.federation.tables import layout_of, supports
from spe.output.canonical import canonical_bytes
from spe.output.checks.assess import Assessment, Verdict, check_output
from spe.output.checks.finding import Profile
from spe.output.support import Support


@dataclass(frozen=True, slots=True)
class Pooled:
    """One table over all contributors; `sources` are sites with their cohorts, as differencing knows them."""

    permit: str
    round: str
    order: str
    sources: tuple[tuple[str, str], ...]
    layout: Layout
    support: Support
    content: bytes

    def __repr__(self) -> str:
        return f"Pooled({self.round}, {self.layout.name})"

    @property
    def sha256(self) -> str:
        """SHA-256 of the canonical bytes: what is checked, reviewed and released."""
        return hashlib.sha256(self.content).hexdigest()

    def assess(self, profile: Profile) -> Assessment:
        """Return what the machine's checks find; its best answer is that people may look."""
        return check_output(self.layout, self.support, None, profile)


def hand_over(opened: Opened, tables: Sequence[Layout]) -> tuple[Pooled, ...]:
    """Return an opened sum's tables; `IntegrityFailure` unless the round's layout is these tables'."""
    if layout_of(tables).digest != opened.terms.layout.digest:
        raise IntegrityFailure("the round was about other tables")
    found = supports(tables, opened.values)
    sources = tuple((site, header.cohort) for site, header in sorted(opened.headers.items()))
    return tuple(
        Pooled(
            permit=opened.terms.permit,
            round=opened.terms.round,
            order=opened.order,
            sources=sources,
            layout=table,
            support=found[table.name],
            content=canonical_bytes(table, found[table.name]),
        )
        for table in tables
    )


def for_people(pooled: Pooled, profile: Profile) -> Pooled:
    """Return the table if its checks leave it to people; `StoppedByChecks` names the codes of what stops it."""
    assessment = pooled.assess(profile)
    if assessment.verdict is not Verdict.PEOPLE:
        codes = sorted({finding.code.value for finding in assessment.findings})
        raise StoppedByChecks(f"{pooled.layout.name} can't leave: {', '.join(codes)}")
    return pooled
