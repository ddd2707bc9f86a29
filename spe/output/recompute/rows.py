"""The cohort's rows: read once, one row per subject, missing values empty."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path


class BadCohort(Exception):
    """The cohort's file isn't what it must be; the message never carries a value of a row."""


def read_rows(path: Path, subject: str, fields: list[str]) -> Iterator[dict[str, str]]:
    """Yield each row's needed fields, spaces stripped; raise `BadCohort` for a missing column or a repeated subject."""
    seen: set[str] = set()
    with path.open(encoding="utf-8", newline="") as handle:
        reader = csv.reader(handle, strict=True)
        header = next(reader, [])
        positions = _positions(header, [subject, *fields])
        for row in _rows(reader, len(header)):
            values = {field: row[at].strip() for field, at in positions.items()}
            if not values[subject] or values[subject] in seen:
                raise BadCohort("a subject is missing or has more than one row")
            seen.add(values[subject])
            yield values


def _positions(header: list[str], needed: list[str]) -> dict[str, int]:
    if len(set(header)) != len(header):
        raise BadCohort("a column appears twice")
    missing = [field for field in needed if field not in header]
    if missing:
        raise BadCohort(f"columns are missing: {', '.join(missing)}")
    return {field: header.index(field) for field in needed}


def _rows(reader: Iterator[list[str]], width: int) -> Iterator[list[str]]:
    try:
        for row in reader:
            if len(row) != width:
                raise BadCohort("rows differ in length")
            yield row
    except csv.Error:
        raise BadCohort("the file is not CSV") from None
