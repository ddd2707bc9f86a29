"""A layout held against the codebook: what it asks for must exist there, and be covered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from spe.catalogue.variables import Variable, VariableType
from spe.code.layout import Dimension, Layout, Measure, Survival, fields, number_text

_LONGEST_INTEGER_RANGE = 100


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing about a layout that its codebook contradicts; `path` says where in the layout."""

    code: str
    path: str
    params: tuple[tuple[str, str], ...] = ()


def check_layout(layout: Layout, variables: Sequence[Variable]) -> tuple[Problem, ...]:
    """Return every problem of `layout` with the codebook `variables`; empty means that it can be recomputed."""
    known = {variable.name: variable for variable in variables}
    unknown = [
        _problem("unknown_field", layout.name, field=field) for field in fields(layout) if field not in known
    ]
    return tuple(unknown) or tuple(_problems(layout, known))


def universe(variable: Variable) -> tuple[str, ...] | None:
    """Every value that the codebook allows, or None where it is a range of numbers too long to list."""
    if variable.type is VariableType.CATEGORY:
        return variable.categories
    if variable.type is VariableType.NUMBER or variable.low is None or variable.high is None:
        return None
    values = range(int(variable.low), int(variable.high) + 1)
    return tuple(map(str, values)) if len(values) <= _LONGEST_INTEGER_RANGE else None


def _problems(layout: Layout, known: Mapping[str, Variable]) -> Iterable[Problem]:
    for dimension in layout.dimensions:
        path = f"{layout.name}.{dimension.name}"
        variable = known[dimension.field]
        yield from _cuts(dimension, variable, path) if dimension.cuts else _cover(dimension, variable, path)
    if layout.measure:
        yield from _bounds(layout.measure, known[layout.measure.field], f"{layout.name}.measure")
    if layout.survival:
        yield from _life(layout.survival, known, layout.name)


def _cover(dimension: Dimension, variable: Variable, path: str) -> Iterable[Problem]:
    allowed = universe(variable)
    if allowed is None:
        yield _problem("needs_cuts", path, field=variable.name)
        return
    mapped = {value for group in dimension.groups for value in group.values}
    for value in sorted(mapped - set(allowed)):
        yield _problem("unknown_category", path, value=value)
    for value in allowed:
        if value not in mapped:
            yield _problem("category_not_mapped", path, value=value)


def _cuts(dimension: Dimension, variable: Variable, path: str) -> Iterable[Problem]:
    if variable.type is VariableType.CATEGORY:
        yield _problem("needs_map", path, field=variable.name)
        return
    if variable.low is None or variable.high is None:
        yield _problem("no_range", path, field=variable.name)
        return
    for cut in dimension.cuts:
        if not variable.low < cut <= variable.high:
            yield _problem("cut_outside_range", path, cut=number_text(cut))


def _bounds(measure: Measure, variable: Variable, path: str) -> Iterable[Problem]:
    if variable.type is VariableType.CATEGORY:
        yield _problem("not_a_number", path, field=variable.name)
    elif (measure.low, measure.high) != (variable.low, variable.high):
        yield _problem("bounds_not_the_codebooks", path, field=variable.name)


def _life(survival: Survival, known: Mapping[str, Variable], path: str) -> Iterable[Problem]:
    duration, event = known[survival.duration], known[survival.event]
    if duration.type is VariableType.CATEGORY:
        yield _problem("not_a_number", f"{path}.duration", field=duration.name)
    elif duration.low is None or duration.high is None:
        yield _problem("no_range", f"{path}.duration", field=duration.name)
    elif survival.grid[0] > duration.low or survival.grid[-1] > duration.high:
        yield _problem("cut_outside_range", f"{path}.grid", cut=number_text(survival.grid[-1]))
    allowed = universe(event)
    if allowed is None or len(allowed) < 2:
        yield _problem("not_an_event", f"{path}.event", field=event.name)
        return
    for value in survival.event_values:
        if value not in allowed:
            yield _problem("unknown_category", f"{path}.event", value=value)
    if set(survival.event_values) >= set(allowed):
        yield _problem("everything_is_an_event", f"{path}.event", field=event.name)


def _problem(code: str, path: str, **params: str) -> Problem:
    return Problem(code, path, tuple(params.items()))
