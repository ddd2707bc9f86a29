"""Files that can't be recomputed: present, within their size, and of the type that was declared."""

from __future__ import annotations

from collections.abc import Iterable

from spe.code.layout import Layout
from spe.output.checks.finding import Code, Finding, Profile, Remedy
from spe.output.support import FileFacts


def check(layout: Layout, facts: FileFacts, profile: Profile) -> tuple[Finding, ...]:
    """Find an absent or over-long file and content of another type than the layout declares."""
    del profile
    return tuple(_found(layout, facts))


def _found(layout: Layout, facts: FileFacts) -> Iterable[Finding]:
    if not facts.present:
        yield Finding(Code.FILE_MISSING, remedy=Remedy.RUN_AGAIN)
        return
    if facts.size > layout.max_bytes:
        yield Finding(Code.FILE_TOO_LONG, (), (("bytes", str(layout.max_bytes)),), remedy=Remedy.DROP_OUTPUT)
    if facts.media != layout.media_type:
        yield Finding(Code.UNDECLARED_TYPE, (), (("declared", layout.media_type),), remedy=Remedy.DROP_OUTPUT)
