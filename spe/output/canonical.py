"""The recomputation's two sides outside the sandbox: the plan that goes in, the support that comes back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from itertools import groupby, pairwise
from typing import NoReturn

from spe.code.layout import (
    MAX_CELLS,
    MAX_OUTPUTS,
    Dimension,
    Kind,
    Layout,
    cell_count,
    cell_labels,
    header,
    interval_labels,
    number_text,
)
from spe.errors import IntegrityFailure, Malformed
from spe.output.recompute.form import fixed, mean, render
from spe.output.recompute.plan import number
from spe.output.support import Agreement, Cell, ColumnFacts, Difference, FileFacts, Measured, Support

MAX_SUPPORT_BYTES = 64 * 1024 * 1024
_MOST_ROWS = 10**9
_LONGEST_DECIMAL = 120


@dataclass(frozen=True, slots=True)
class Recomputed:
    """Everything that the recomputation of one run said, by output name."""

    rows: int
    supports: Mapping[str, Support]
    files: Mapping[str, FileFacts]
    digests: Mapping[str, str]


def plan(layouts: Sequence[Layout], subject: str) -> bytes:
    """Write the plan that the sandboxed program reads; `subject` names the column that tells people apart."""
    tables = [_table_json(layout) for layout in layouts if layout.kind is not Kind.OTHER]
    others = [
        {"name": layout.name, "file": layout.file, "max_bytes": layout.max_bytes}
        for layout in layouts
        if layout.kind is Kind.OTHER
    ]
    document = {"version": 1, "subject": subject, "tables": tables, "others": others}
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode("utf-8")


def parse_support(raw: bytes, layouts: Sequence[Layout]) -> Recomputed:
    """Read `support.json` strictly against its layouts; `Malformed` where anything is absent, extra or inconsistent."""
    document = _object(_load(raw), {"version", "rows", "tables", "files"}, "support")
    if document["version"] != 1:
        _refuse("support.version", "is 1")
    rows = _count(document["rows"], _MOST_ROWS, "support.rows")
    tables = [layout for layout in layouts if layout.kind is not Kind.OTHER]
    others = [layout for layout in layouts if layout.kind is Kind.OTHER]
    supports, digests = {}, {}
    for layout, item in _paired(tables, document["tables"], "support.tables"):
        supports[layout.name], digests[layout.name] = _support(item, layout, rows)
    files = {
        layout.name: _facts(item, layout, rows)
        for layout, item in _paired(others, document["files"], "files")
    }
    return Recomputed(rows, supports, files, digests)


def canonical_bytes(layout: Layout, support: Support) -> bytes:
    """Write the file that is hashed, checked and released: nothing in it is the data user's choice."""
    return render(header(layout), (_row(layout, cell) for cell in support.cells))


def verify_canonical(layout: Layout, support: Support, written: bytes, digest: str) -> bytes:
    """Return `written` if the sandbox wrote exactly what its support says; raise `IntegrityFailure` otherwise."""
    if written != canonical_bytes(layout, support) or sha256(written).hexdigest() != digest:
        raise IntegrityFailure(f"the canonical file of {layout.name} isn't what its support says")
    return written


def _row(layout: Layout, cell: Cell) -> tuple[str, ...]:
    if layout.survival:
        grid = layout.survival.grid
        at = interval_labels(grid).index(cell.labels[-1])
        ends = (number_text(grid[at]), number_text(grid[at + 1]))
        return (*cell.labels[:-1], *ends, str(cell.n), str(cell.events), str(cell.censored))
    if layout.measure and cell.measured:
        total, decimals = cell.measured.total, layout.measure.decimals
        value = fixed(total, decimals) if layout.kind is Kind.SUM else mean(total, cell.n, decimals)
        return (*cell.labels, str(cell.n), value)
    return (*cell.labels, str(cell.n))


def _table_json(layout: Layout) -> dict[str, object]:
    measure, survival = layout.measure, layout.survival
    out: dict[str, object] = {"name": layout.name, "kind": layout.kind.value, "file": layout.file}
    out |= {"header": header(layout), "axes": [_axis_json(dimension) for dimension in layout.dimensions]}
    out["measure"] = measure and {
        "field": measure.field,
        "low": number_text(measure.low),
        "high": number_text(measure.high),
        "decimals": measure.decimals,
    }
    out["survival"] = survival and {
        "duration": survival.duration,
        "event": {
            "field": survival.event,
            "name": "event",
            "labels": ["event"],
            "values": dict.fromkeys(survival.event_values, 0),
            "cuts": [],
        },
        "grid": [number_text(cut) for cut in survival.grid],
        "labels": interval_labels(survival.grid),
    }
    return out


def _axis_json(dimension: Dimension) -> dict[str, object]:
    values = {value: at for at, group in enumerate(dimension.groups) for value in group.values}
    return {
        "field": dimension.field,
        "name": dimension.name,
        "labels": dimension.labels,
        "values": values or None,
        "cuts": [number_text(cut) for cut in dimension.cuts],
    }


def _support(raw: object, layout: Layout, rows: int) -> tuple[Support, str]:
    here = f"support.{layout.name}"
    keys = {"name", "rows", "excluded", "cells", "agreement", "differences", "sha256"}
    item = _object(raw, keys, here)
    if item["rows"] != rows:
        _refuse(f"{here}.rows", "is the cohort's")
    cells = tuple(
        _cell(cell, layout, labels, rows, here)
        for cell, labels in zip(
            _items(item["cells"], cell_count(layout), f"{here}.cells"), cell_labels(layout), strict=True
        )
    )
    agreement = _text(item["agreement"], 20, f"{here}.agreement")
    if agreement not in set(Agreement):
        _refuse(f"{here}.agreement", "is unknown")
    differences = tuple(
        _difference(entry, here) for entry in _items(item["differences"], None, f"{here}.differences")
    )
    excluded = _count(item["excluded"], rows, f"{here}.excluded")
    support = Support(layout.name, rows, excluded, cells, Agreement(agreement), differences)
    consistent(layout, support, here)
    return support, _digest(item["sha256"], here)


def _cell(raw: object, layout: Layout, labels: tuple[str, ...], rows: int, here: str) -> Cell:
    keys = {"labels", "n"}
    keys |= {"measured"} if layout.measure else set()
    keys |= {"events", "censored"} if layout.survival else set()
    item = _object(raw, keys, here)
    if item["labels"] != list(labels):
        _refuse(f"{here}.cells", f"has the cell {'/'.join(labels)} in its declared place")
    n = _count(item["n"], rows, here)
    events, censored = (_count(item.get(key, 0), n, here) for key in ("events", "censored"))
    measured = _measured(item["measured"], n, here) if layout.measure else None
    return Cell(labels, n, events, censored, measured)


def _measured(raw: object, n: int, here: str) -> Measured:
    keys = {"total", "absolute", "largest", "nonzero", "at_low", "at_high", "lowest", "highest"}
    item = _object(raw, keys, here)
    first, second = (_decimal(size, here) for size in _items(item["largest"], 2, here))
    lowest, highest = (None if n == 0 else _decimal(item[key], here) for key in ("lowest", "highest"))
    total, absolute = _decimal(item["total"], here), _decimal(item["absolute"], here)
    nonzero, at_low, at_high = (_count(item[key], n, here) for key in ("nonzero", "at_low", "at_high"))
    if not abs(total) <= absolute or not 0 <= second <= first or first + second > absolute:
        _refuse(here, "has contributions that can't be")
    return Measured(total, absolute, (first, second), nonzero, at_low, at_high, lowest, highest)


def consistent(layout: Layout, support: Support, here: str) -> None:
    """The cells add up to the rows; in a life table those at risk are the ones left over from before."""
    if layout.survival is None:
        if sum(cell.n for cell in support.cells) + support.excluded != support.rows:
            _refuse(here, "has cells that don't add up to its rows")
        return
    for _, stratum in groupby(support.cells, key=lambda cell: cell.labels[:-1]):
        lives = list(stratum)
        pairs_fit = all(left.n - left.events - left.censored == right.n for left, right in pairwise(lives))
        if not pairs_fit or lives[-1].n < lives[-1].events + lives[-1].censored:
            _refuse(here, "has people at risk who don't follow from the interval before")
    starts = sum(cell.n for cell in support.cells if cell.labels[-1] == support.cells[0].labels[-1])
    if starts + support.excluded != support.rows:
        _refuse(here, "has cells that don't add up to its rows")


def _difference(raw: object, here: str) -> Difference:
    item = _object(raw, {"labels", "column"}, here)
    labels = tuple(_text(label, 100, here) for label in _items(item["labels"], None, here))
    return Difference(labels, _text(item["column"], 40, here))


def _facts(raw: object, layout: Layout, rows: int) -> FileFacts:
    here = f"support.{layout.name}"
    item = _object(raw, {"name", "present", "size", "sha256", "media", "rows", "columns"}, here)
    if not isinstance(item["present"], bool):
        _refuse(here, "says whether the file is present")
    columns = tuple(_column(column, here) for column in _items(item["columns"], None, here))
    return FileFacts(
        layout.name,
        item["present"],
        _count(item["size"], layout.max_bytes + 1, here),
        _digest(item["sha256"], here),
        _text(item["media"], 40, here),
        _count(item["rows"], _MOST_ROWS, here),
        rows,
        columns,
    )


def _column(raw: object, here: str) -> ColumnFacts:
    names = ("values", "distinct", "numeric", "distinct_numeric", "longest_text", "subjects")
    item = _object(raw, set(names), here)
    return ColumnFacts(*(_count(item[name], _MOST_ROWS, here) for name in names))


def _load(raw: bytes) -> object:
    if len(raw) > MAX_SUPPORT_BYTES:
        _refuse("support", "is too long")
    try:
        return json.loads(raw.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_constant)
    except (ValueError, RecursionError):
        _refuse("support", "is not JSON")


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len({key for key, _ in pairs}) != len(pairs):
        _refuse("support", "has a key twice")
    return dict(pairs)


def _constant(name: str) -> NoReturn:
    _refuse("support", f"holds {name}")


def _paired(layouts: Sequence[Layout], raw: object, path: str) -> Iterable[tuple[Layout, object]]:
    for layout, item in zip(layouts, _items(raw, len(layouts), path), strict=True):
        if not isinstance(item, dict) or item.get("name") != layout.name:
            _refuse(path, f"holds {layout.name} in its declared place")
        yield layout, item


def _object(raw: object, keys: set[str], path: str) -> dict[str, object]:
    if not isinstance(raw, dict) or set(raw) != keys:
        _refuse(path, f"has exactly {', '.join(sorted(keys))}")
    return raw


def _items(raw: object, length: int | None, path: str) -> list[object]:
    if not isinstance(raw, list) or len(raw) > MAX_CELLS + MAX_OUTPUTS or length not in (None, len(raw)):
        _refuse(path, "is a list of the declared length")
    return raw


def _count(raw: object, most: int, path: str) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or not 0 <= raw <= most:
        _refuse(path, "holds counts within its rows")
    return raw


def _decimal(raw: object, path: str) -> Decimal:
    value = number(raw, _LONGEST_DECIMAL) if isinstance(raw, str) else None
    if value is None:
        _refuse(path, "holds decimals as text")
    return value


def _text(raw: object, most: int, path: str) -> str:
    if not isinstance(raw, str) or len(raw) > most:
        _refuse(path, f"holds text of at most {most} characters")
    return raw


def _digest(raw: object, path: str) -> str:
    text = _text(raw, 64, path)
    if len(text) != 64 or set(text) - set("0123456789abcdef"):
        _refuse(path, "has a SHA-256 in hexadecimal")
    return text


def _refuse(path: str, why: str) -> NoReturn:
    raise Malformed(f"{path}: {why}")
