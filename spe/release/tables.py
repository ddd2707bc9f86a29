"""Released tables as they are kept, and as the differencing check compares them."""

from __future__ import annotations

from decimal import Decimal

from spe.code.layout_parse import parse_layout
from spe.errors import Malformed
from spe.output.model import Output
from spe.output.recompute.plan import number
from spe.output.support import Cell, Measured, Support
from spe.release.model import KeptCell, KeptSum, Release, ReleasedTable
from spe.release.regions import Released, Source

_LONGEST_DECIMAL = 120


def kept(release: Release, output: Output, support: Support) -> ReleasedTable:
    """Return what is kept of a released table: the counts that leave, and what contributes to its sums."""
    return ReleasedTable(
        id=f"{release.id}.{output.id}",
        release=release.id,
        permit=release.permit,
        site=release.site,
        dataset=release.dataset,
        rows=output.rows,
        layout=output.layout,
        cells=tuple(_kept(cell) for cell in support.cells),
    )


def as_released(table: ReleasedTable) -> Released:
    """Return a kept table as the differencing check reads it."""
    return Released(
        release=table.release,
        permit=table.permit,
        sources=frozenset({Source(f"{table.site}/{table.dataset}", table.rows)}),
        layout=parse_layout(table.layout),
        cells=tuple(_cell(cell) for cell in table.cells),
    )


def _kept(cell: Cell) -> KeptCell:
    sums = _kept_sum(cell.measured) if cell.measured else None
    return KeptCell(cell.labels, cell.n, cell.events, cell.censored, sums)


def _kept_sum(measured: Measured) -> KeptSum:
    return KeptSum(
        total=f"{measured.total:f}",
        absolute=f"{measured.absolute:f}",
        largest=tuple(f"{size:f}" for size in measured.largest),
        nonzero=measured.nonzero,
        at_low=measured.at_low,
        at_high=measured.at_high,
    )


def _cell(cell: KeptCell) -> Cell:
    measured = _measured(cell.sums) if cell.sums else None
    return Cell(cell.labels, cell.n, cell.events, cell.censored, measured)


def _measured(sums: KeptSum) -> Measured:
    """The lowest and highest value of a cell aren't kept: they don't tell of a difference's."""
    first, second = (_decimal(size) for size in sums.largest)
    total, absolute = _decimal(sums.total), _decimal(sums.absolute)
    return Measured(total, absolute, (first, second), sums.nonzero, sums.at_low, sums.at_high, None, None)


def _decimal(text: str) -> Decimal:
    value = number(text, _LONGEST_DECIMAL)
    if value is None:
        raise Malformed("a kept sum isn't a number")
    return value
