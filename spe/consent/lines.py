"""The directives file: `subject,kind,purpose,effective` as CSV, every line judged on its own."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import UTC, datetime

from spe.consent.model import DirectiveKind
from spe.errors import Malformed

HEADER = ["subject", "kind", "purpose", "effective"]
_PURPOSES = frozenset("abcdef*")
_MOST_LINES = 100_000
_LONGEST_SUBJECT = 64


@dataclass(frozen=True, slots=True)
class Line:
    """A good line; `effective` in seconds since 1970, `number` is its place in the file."""

    subject: str
    kind: DirectiveKind
    purpose: str
    effective: int
    number: int = 0


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refused line (the header is line 1) and why; the value itself is not repeated."""

    line: int
    reason: str


def read_lines(text: str, now: int) -> tuple[tuple[Line, ...], tuple[Refusal, ...]]:
    """Return the good lines and the refused ones; raise `Malformed` when it is no directives file at all."""
    reader = csv.reader(io.StringIO(text), strict=True)
    try:
        rows = list(reader)
    except csv.Error as cause:
        raise Malformed(f"line {reader.line_num}: this is not CSV") from cause
    if not rows or rows[0] != HEADER:
        raise Malformed(f"line 1: the header must be {','.join(HEADER)}")
    if len(rows) > _MOST_LINES:
        raise Malformed(f"more than {_MOST_LINES} lines: split the file")
    taken: list[Line] = []
    refused: list[Refusal] = []
    seen: set[tuple[str, ...]] = set()
    for number, row in enumerate(rows[1:], start=2):
        judged = _judge(number, row, seen, now)
        (taken if isinstance(judged, Line) else refused).append(judged)  # type: ignore[arg-type]
        seen.add(tuple(row))
    return tuple(taken), tuple(refused)


def _judge(number: int, row: list[str], seen: set[tuple[str, ...]], now: int) -> Line | Refusal:
    if len(row) != len(HEADER):
        return Refusal(number, f"{len(HEADER)} fields expected")
    if tuple(row) in seen:
        return Refusal(number, "the same line came before")
    subject, kind, purpose, effective = row
    instant = _instant(effective)
    wrong = _wrong(subject, kind, purpose, instant, now)
    if wrong or instant is None:
        return Refusal(number, wrong)
    return Line(subject, DirectiveKind(kind), purpose, instant, number)


def _wrong(subject: str, kind: str, purpose: str, instant: int | None, now: int) -> str:
    """Return what is wrong with the fields, or "" where nothing is."""
    problems = {
        "the subject must be a pseudonym of at most 64 printable characters": not (
            0 < len(subject) <= _LONGEST_SUBJECT
            and subject.isascii()
            and subject.isprintable()
            and subject == subject.strip()
        ),
        "the kind must be one of " + ", ".join(DirectiveKind): kind not in set(DirectiveKind),
        "the purpose must be a letter of EHDS Art. 53(1) or *": purpose not in _PURPOSES,
        "effective must be an instant with its zone, such as 2026-03-01T09:00:00Z": instant is None,
        "a directive from the future can't be recorded yet": instant is not None and instant > now,
    }
    return next((problem for problem, there in problems.items() if there), "")


def _instant(text: str) -> int | None:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    try:
        return int(instant.astimezone(UTC).timestamp()) if instant.tzinfo else None
    except (OverflowError, ValueError):
        return None
