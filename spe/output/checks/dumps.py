"""Rows in disguise: a file with about one entry per person, or with people's identifiers in it."""

from __future__ import annotations

from collections.abc import Iterable

from spe.code.layout import Layout
from spe.output.checks.finding import Code, Finding, Profile, Remedy
from spe.output.support import ColumnFacts, FileFacts


def check(layout: Layout, facts: FileFacts, profile: Profile) -> tuple[Finding, ...]:
    """Find identifiers of the cohort, as many entries as a share of it, or columns of as many different numbers."""
    del layout
    return tuple(_found(facts, profile)) if facts.present else ()


def _found(facts: FileFacts, profile: Profile) -> Iterable[Finding]:
    if any(column.subjects for column in facts.columns):
        yield Finding(Code.HOLDS_SUBJECTS, remedy=Remedy.DROP_OUTPUT)
    many = max(profile.cohort_share * facts.cohort_rows, profile.threshold)
    if facts.rows >= many or any(_one_each(column, many) for column in facts.columns):
        params = (("share", f"{profile.cohort_share:g}"),)
        yield Finding(Code.LOOKS_LIKE_ROWS, (), params, remedy=Remedy.DECLARE_TABLE)


def _one_each(column: ColumnFacts, many: float) -> bool:
    return column.distinct_numeric >= many
