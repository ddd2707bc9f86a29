"""Free text: words can carry anything out."""

from __future__ import annotations

from spe.code.layout import Layout
from spe.output.checks.finding import Code, Finding, Profile, Remedy
from spe.output.support import FileFacts


def check(layout: Layout, facts: FileFacts, profile: Profile) -> tuple[Finding, ...]:
    """Find a value that isn't a number and is longer than the profile's length."""
    del layout
    if all(column.longest_text <= profile.text_length for column in facts.columns):
        return ()
    return (
        Finding(Code.FREE_TEXT, (), (("length", str(profile.text_length)),), remedy=Remedy.DECLARE_TABLE),
    )
