"""Rows in disguise: a file with about one entry per person, or with people's identifiers in it."""

from __future__ import annotations

from collections.abc import Iterable

from spe.code.layout import Layout
from spe.output.checks.finding import Code, Finding, Profile, Remedy
from spe.output.support import FileFacts


def check(layout: Layout, facts: FileFacts, profile: Profile) -> tuple[Finding, ...]:
    """Find identifiers of the cohort, and as many lines, columns or values as a share of it.

    However they are arranged, and whether numbers or words. A number of many digits can still hold several people's.
    """
    del layout
    return tuple(_found(facts, profile)) if facts.present else ()


def _found(facts: FileFacts, profile: Profile) -> Iterable[Finding]:
    if any(column.subjects for column in facts.columns):
        yield Finding(Code.HOLDS_SUBJECTS, remedy=Remedy.DROP_OUTPUT)
    many = max(profile.cohort_share * facts.cohort_rows, profile.threshold)
    values = sum(column.values for column in facts.columns)
    different = max((column.distinct_numeric for column in facts.columns), default=0)
    if max(facts.rows, len(facts.columns), values, different) >= many:
        params = (("share", f"{profile.cohort_share:g}"),)
        yield Finding(Code.LOOKS_LIKE_ROWS, (), params, remedy=Remedy.DECLARE_TABLE)
