"""Tables that can be compared without the others: those that share fields, directly or through further tables.

Two tables without a common field tell nothing of each other's groups but how many people there are in all. (A
difference of theirs that is a set differs within one of them only; the other adds everybody, or nobody.) So a part is
compared with all of its own tables and with the totals of all the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from spe.catalogue.variables import Missingness, Variable
from spe.code.layout import Kind, Layout
from spe.output.support import Cell
from spe.release.regions import Released

Part = tuple[list[Released], list[Released]]


def parts(mine: Sequence[Released], before: Sequence[Released], variables: Sequence[Variable]) -> list[Part]:
    """Return, for each group of candidates that share fields, them and everything to compare them with."""
    missing = frozenset(variable.name for variable in variables if variable.missing is not Missingness.NONE)
    out = []
    for linked in _linked([set(table.fields) for table in (*mine, *before)]):
        candidates = [table for at, table in enumerate(mine) if at in linked]
        if candidates:
            others = [_total(table, missing) for at, table in enumerate(mine) if at not in linked]
            earlier = [
                table if at in linked else _total(table, missing)
                for at, table in enumerate(before, start=len(mine))
            ]
            out.append((candidates, [*earlier, *others]))
    return out


def _linked(fields: Sequence[set[str]]) -> list[set[int]]:
    """Positions that share a field, directly or through others."""
    groups: list[tuple[set[str], set[int]]] = []
    for at, names in enumerate(fields):
        apart = [group for group in groups if not group[0] & names]
        joined = [group for group in groups if group[0] & names]
        together = names.union(*(group[0] for group in joined)), {at}.union(*(group[1] for group in joined))
        groups = [*apart, together]
    return [members for _, members in groups]


def _total(table: Released, missing: frozenset[str]) -> Released:
    """How many people a table counts: those who have a value in each of its fields."""
    people = Cell((), sum(cell.n for cell in _first(table)))
    known = tuple(name for name in table.fields if name in missing)
    layout = Layout(table.layout.name, Kind.COUNT, table.layout.file)
    return replace(table, layout=layout, cells=(people,), known=known)


def _first(table: Released) -> Iterable[Cell]:
    """In a life table everybody is at risk in the first interval, and only some of them later."""
    if table.layout.survival is None:
        return table.cells
    start = table.cells[0].labels[-1]
    return [cell for cell in table.cells if cell.labels[-1] == start]
