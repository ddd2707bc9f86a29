"""What trusted code counted: one value per cell, whatever the data user's file says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from enum import StrEnum

from spe.output.recompute.form import EXACT


class Agreement(StrEnum):
    """How the data user's own file compares with the recomputed one."""

    SAME = "same"
    VALUES = "values"
    MISSING = "missing"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Measured:
    """Contributions to a sum: sizes are absolute values, `largest` holds the two biggest."""

    total: Decimal
    absolute: Decimal
    largest: tuple[Decimal, Decimal]
    nonzero: int
    at_low: int
    at_high: int
    lowest: Decimal | None
    highest: Decimal | None


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: `n` people, unweighted (in a life table those at risk when the interval starts)."""

    labels: tuple[str, ...]
    n: int
    events: int = 0
    censored: int = 0
    measured: Measured | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """One cell where the data user's file says something else; no labels for rows that don't belong in it."""

    labels: tuple[str, ...]
    column: str


@dataclass(frozen=True, slots=True)
class Support:
    """A table recomputed: every label combination has a cell, also an empty one; `excluded` rows lack a value."""

    output: str
    rows: int
    excluded: int
    cells: tuple[Cell, ...]
    agreement: Agreement = Agreement.SAME
    differences: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """One column (or all strings of a JSON file): how many values, and of what sort."""

    values: int
    distinct: int
    numeric: int
    distinct_numeric: int
    longest_text: int
    subjects: int


@dataclass(frozen=True, slots=True)
class FileFacts:
    """A file that can't be recomputed, described without its text; `cohort_rows` is the size of the cohort."""

    output: str
    present: bool
    size: int
    sha256: str
    media: str
    rows: int
    cohort_rows: int
    columns: tuple[ColumnFacts, ...]


def add_cells(labels: tuple[str, ...], left: Cell, right: Cell) -> Cell:
    """Return the cell of two disjoint groups of people."""
    measured = _add_measured(left.measured, right.measured)
    return replace(
        left,
        labels=labels,
        n=left.n + right.n,
        events=left.events + right.events,
        censored=left.censored + right.censored,
        measured=measured,
    )


def _add_measured(left: Measured | None, right: Measured | None) -> Measured | None:
    if left is None or right is None:
        return None
    first, second, *_ = sorted([*left.largest, *right.largest], reverse=True)
    lows = [value for value in (left.lowest, right.lowest) if value is not None]
    highs = [value for value in (left.highest, right.highest) if value is not None]
    with localcontext() as context:
        context.prec = EXACT
        total, absolute = left.total + right.total, left.absolute + right.absolute
    return Measured(
        total,
        absolute,
        (first, second),
        left.nonzero + right.nonzero,
        left.at_low + right.at_low,
        left.at_high + right.at_high,
        min(lows, default=None),
        max(highs, default=None),
    )
