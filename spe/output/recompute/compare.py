"""The data user's file held against the recomputed one; order of rows and columns and float format don't matter."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from pathlib import Path
from typing import Any

from .plan import Table, number

MAX_FILE = 1024 * 1024
_MOST_DIFFERENCES = 200
_MOST_ROWS = 20_000


def compare(path: Path, table: Table, own: list[tuple[str, ...]]) -> tuple[str, list[dict[str, Any]]]:
    """Return `same`, `values`, `missing` or `unreadable`, and the cells that differ (200 at most)."""
    raw = read_bounded(path, MAX_FILE)
    if raw is None:
        return "missing", []
    found = _read(raw, table)
    if found is None:
        return "unreadable", []
    differences = _differences(found, table, own)
    return ("values" if differences else "same"), differences[:_MOST_DIFFERENCES]


def read_bounded(path: Path, limit: int) -> bytes | None:
    """Read a regular file up to one byte over `limit`; None where there is none."""
    if path.is_symlink() or not path.is_file():
        return None
    with path.open("rb") as handle:
        return handle.read(limit + 1)


def _read(raw: bytes, table: Table) -> dict[tuple[str, ...], dict[str, str]] | None:
    try:
        text = raw.decode("utf-8-sig") if len(raw) <= MAX_FILE else ""
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        return None
    columns = [column.strip() for column in rows[0]] if rows else []
    optional = {"to"} if table.survival else set()
    if (
        len(set(columns)) != len(columns)
        or set(columns) | optional != set(table.header)
        or len(rows) > _MOST_ROWS
    ):
        return None
    return _keyed(columns, rows[1:], table)


def _keyed(
    columns: list[str], rows: list[list[str]], table: Table
) -> dict[tuple[str, ...], dict[str, str]] | None:
    out: dict[tuple[str, ...], dict[str, str]] = {}
    for row in rows:
        if not row:
            continue
        values = dict(zip(columns, (item.strip() for item in row), strict=False))
        key = _key(values, table)
        if len(row) != len(columns) or key in out:
            return None
        out[key] = values
    return out


def _key(values: dict[str, str], table: Table) -> tuple[str, ...]:
    labels = tuple(values.get(axis.name, "") for axis in table.axes)
    if not table.survival:
        return labels
    start = number(values.get("from", ""))
    return (*labels, "" if start is None else f"{start.normalize():f}")


def _differences(
    found: dict[tuple[str, ...], dict[str, str]], table: Table, own: list[tuple[str, ...]]
) -> list[dict[str, Any]]:
    out: list[dict[str, Any]] = []
    for row in own:
        mine = dict(zip(table.header, row, strict=True))
        key = _key(mine, table)
        theirs = found.pop(key, None)
        out += [{"labels": list(key), "column": column} for column in _differing(mine, theirs, table)]
    # What is left has labels of the user's own choosing, so none of their text is repeated.
    return [*out, *({"labels": [], "column": ""} for _ in found)]


def _differing(mine: dict[str, str], theirs: dict[str, str] | None, table: Table) -> list[str]:
    columns = table.header[len(table.axes) :]
    if theirs is None:
        # A group-by leaves empty groups out.
        empty = all(mine[column] in ("", "0") for column in columns if column in ("n", "at_risk"))
        return [] if empty else [columns[0]]
    return [
        column
        for column in columns
        if column in theirs and not _alike(mine[column], theirs[column], column, table)
    ]


def _alike(mine: str, theirs: str, column: str, table: Table) -> bool:
    left, right = number(mine), number(theirs)
    if left is None or right is None:
        return left is None and theirs.lower() in ("", "nan")
    if column not in ("sum", "mean") or table.measure is None:
        return left == right
    slack = Decimal(1).scaleb(-table.measure.decimals) / 2
    return abs(left - right) <= slack + abs(left) * Decimal("1e-9")
