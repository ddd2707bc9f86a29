"""Released tables as they are kept, and as the differencing check compares them."""

from __future__ import annotations

from spe.code.layout_parse import parse_layout
from spe.output.model import Output
from spe.output.support import Cell, Support
from spe.release.model import KeptCell, Release, ReleasedTable
from spe.release.regions import Released, Source


def kept(release: Release, output: Output, support: Support) -> ReleasedTable:
    """Return what is kept of a released table: exactly the counts that leave."""
    return ReleasedTable(
        id=f"{release.id}.{output.id}",
        release=release.id,
        permit=release.permit,
        site=release.site,
        dataset=release.dataset,
        rows=output.rows,
        layout=output.layout,
        cells=tuple(KeptCell(cell.labels, cell.n, cell.events, cell.censored) for cell in support.cells),
    )


def as_released(table: ReleasedTable) -> Released:
    """Return a kept table as the differencing check reads it."""
    return Released(
        release=table.release,
        permit=table.permit,
        sources=frozenset({Source(f"{table.site}/{table.dataset}", table.rows)}),
        layout=parse_layout(table.layout),
        cells=tuple(Cell(cell.labels, cell.n, cell.events, cell.censored) for cell in table.cells),
    )
