"""Facts about a file that can't be recomputed: sizes and shapes for the checks, none of its text."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from pathlib import Path
from typing import Any

from .compare import read_bounded
from .plan import Other, number

_MOST_COLUMNS = 200
_MOST_NODES = 200_000


def file_facts(path: Path, other: Other, subjects: set[str]) -> dict[str, Any]:
    """Describe one file, read up to its declared size; `subjects` are the cohort's identifiers."""
    raw = read_bounded(path, other.max_bytes)
    facts: dict[str, Any] = {"name": other.name, "present": raw is not None}
    content = raw or b""
    media, rows, columns = _described(content, subjects)
    return facts | {
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "media": media,
        "rows": rows,
        "columns": columns,
    }


def _described(raw: bytes, subjects: set[str]) -> tuple[str, int, list[dict[str, Any]]]:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return "binary", 0, []
    if not raw or any(ord(sign) < 32 and sign not in "\t\r\n" for sign in text):
        return "binary", 0, []
    if text.lstrip()[:1] in ("{", "["):
        return _json(text, subjects)
    return _csv(text, subjects)


def _csv(text: str, subjects: set[str]) -> tuple[str, int, list[dict[str, Any]]]:
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except csv.Error:
        return "text", 0, []
    width = len(rows[0]) if rows else 0
    if len(rows) < 2 or not 1 <= width <= _MOST_COLUMNS or any(len(row) != width for row in rows):
        return "text", len(rows), []
    columns = [[row[at].strip() for row in rows[1:]] for at in range(width)]
    headers = [row.strip() for row in rows[0]]
    facts = [_column(column, subjects) for column in columns]
    return "text/csv", len(rows) - 1, [*facts, _column(headers, subjects)]


def _json(text: str, subjects: set[str]) -> tuple[str, int, list[dict[str, Any]]]:
    try:
        root = json.loads(text)
    except (ValueError, RecursionError):
        return "text", text.count("\n") + 1, []
    longest, strings, queue, nodes = 0, [], [root], 0
    while queue:
        node = queue.pop()
        nodes += 1
        if nodes > _MOST_NODES:
            return "text", nodes, []
        if isinstance(node, list | dict):
            longest = max(longest, len(node))
            queue += node.values() if isinstance(node, dict) else node
            strings += list(node) if isinstance(node, dict) else []
        else:
            strings.append(node if isinstance(node, str) else json.dumps(node))
    return "application/json", longest, [_column(strings, subjects)]


def _column(values: list[str], subjects: set[str]) -> dict[str, Any]:
    numbers = [value for value in values if number(value) is not None]
    return {
        "values": len(values),
        "distinct": len(set(values)),
        "numeric": len(numbers),
        "distinct_numeric": len(set(numbers)),
        "longest_text": max((len(value) for value in values if number(value) is None), default=0),
        "subjects": sum(value in subjects for value in set(values)),
    }
