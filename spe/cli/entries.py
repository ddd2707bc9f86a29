"""Entries of the log as an auditor likes to read them: when, who, what, and about what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from typing import Any

from spe.cli.paint import paint
from spe.cli.show import plain

_INDENT = " " * 10


def lines(entry: Mapping[str, Any], zone: tzinfo) -> Iterator[str]:
    """Yield an entry as a line of when, what and who, and lines of what it holds; no letter in it is obeyed."""
    at = datetime.fromisoformat(entry["at"]).astimezone(zone)
    who = entry["who"]
    whence = ", ".join(part for part in (who["role"], who["organisation"]) if part)
    yield (
        f"{entry['index']:>8}  {at:%Y-%m-%d %H:%M:%S %Z}  {paint(plain(entry['type']), 'bold')}"
        f"  by {plain(who['id'])} ({plain(whence)})"
    )
    for name, value in entry["data"].items():
        text = _text(value)
        if text:
            yield f"{_INDENT}{paint(plain(name), 'dim')} {text}"


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_text(one) for one in value)
    if isinstance(value, dict):
        return f"someone, digest {plain(value.get('digest', ''))}"
    return plain(value) if value != "" else ""
