"""Tables as numbers to be added up, and back: counts and life tables, whose cells are sums over disjoint people.

Sums and means are not among them: the rule of dominance needs the largest contribution, which doesn't add up.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from spe.code.layout import Kind, Layout, cell_count, cell_labels
from spe.errors import IntegrityFailure, Malformed
from spe.federation.layout import Block, SumLayout
from spe.output.canonical import consistent
from spe.output.support import Cell, Support

MOST_PEOPLE = 1 << 24
_COLUMNS = {Kind.COUNT: ("n",), Kind.LIFE_TABLE: ("n", "events", "censored")}


def layout_of(tables: Sequence[Layout]) -> SumLayout:
    """Return the layout of these tables' numbers; `Malformed` for a kind whose cells don't add up."""
    return SumLayout(tuple(block for table in tables for block in _blocks(table)))


def _blocks(table: Layout) -> Iterator[Block]:
    for column in ("rows", "excluded"):
        yield Block(f"{table.name}.{column}", 1, 0, MOST_PEOPLE)
    for column in _columns(table):
        yield Block(f"{table.name}.{column}", cell_count(table), 0, MOST_PEOPLE)


def _columns(table: Layout) -> tuple[str, ...]:
    if table.kind not in _COLUMNS:
        raise Malformed(f"{table.name}: only counts and life tables are summed up encrypted")
    return _COLUMNS[table.kind]


def numbers(tables: Sequence[Layout], supports: Mapping[str, Support]) -> list[int]:
    """Return what trusted code counted, in the order of `layout_of`."""
    return [value for table in tables for value in _numbers(table, supports[table.name])]


def _numbers(table: Layout, support: Support) -> Iterator[int]:
    yield support.rows
    yield support.excluded
    for column in _columns(table):
        yield from (getattr(cell, column) for cell in support.cells)


def supports(tables: Sequence[Layout], values: Iterable[int]) -> dict[str, Support]:
    """Return the tables of summed numbers; `IntegrityFailure` where they can't be those of any people."""
    rest = iter(values)
    found = {table.name: _support(table, rest) for table in tables}
    if next(rest, None) is not None:
        raise IntegrityFailure("there are more numbers than the tables have")
    return found


def _support(table: Layout, rest: Iterator[int]) -> Support:
    rows, excluded = _some(rest, 1)[0], _some(rest, 1)[0]
    columns = {column: _some(rest, cell_count(table)) for column in _columns(table)}
    cells = (
        Cell(labels, **dict(zip(columns, of_cell, strict=True)))
        for labels, *of_cell in zip(cell_labels(table), *columns.values(), strict=True)
    )
    support = Support(table.name, rows, excluded, tuple(cells))
    try:
        consistent(table, support, table.name)
    except Malformed:
        raise IntegrityFailure(f"the numbers of {table.name} don't add up") from None
    return support


def _some(rest: Iterator[int], length: int) -> list[int]:
    found = list(islice(rest, length))
    if len(found) < length:
        raise IntegrityFailure("there are fewer numbers than the tables have")
    return found
