"""Entries of the log as an auditor likes to read them: when, who, what, and about what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from typing import Any

from spe.cli.paint import paint
from spe.cli.show import plain

_INDENT = " " * 10
# Fields that are instants, in how many seconds since 1970.
_INSTANTS = {"expires": 1, "minute": 60}
_LATEST = 250_000_000_000


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
        text = _instant(value * _INSTANTS[name], zone) if _is_instant(name, value) else _text(value)
        if text:
            yield f"{_INDENT}{paint(plain(name), 'dim')} {text}"


def _is_instant(name: str, value: Any) -> bool:
    return name in _INSTANTS and type(value) is int and 0 <= value < _LATEST // _INSTANTS[name]


def _instant(seconds: int, zone: tzinfo) -> str:
    return f"{datetime.fromtimestamp(seconds, zone):%Y-%m-%d %H:%M:%S %Z}"


def _text(value: Any) -> str:
    if isinstance(value, list):
        told = Counter(map(_text, value))
        return ", ".join(f"{text} × {times}" if times > 1 else text for text, times in told.items())
    if isinstance(value, dict):
        return f"someone, digest {plain(value.get('digest', ''))}"
    return plain(value) if value != "" else ""
