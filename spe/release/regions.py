"""Released cells as facts about sets of people: which codebook values they have, and how many they are.

The values that any table tells apart split each field into classes; the product of all classes are the atoms. A
fact is then a set of atoms (a bit mask) over some sources, with a count. A field that may miss has a class for it;
one that the codebook says never does has none: delivery holds its holder to that, and counts that contradict each
other (a total above its own groups) are found when they are put together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise, product
from math import inf, prod

from spe.catalogue.variables import Missingness, Variable
from spe.code.layout import Layout, fields, number_text
from spe.code.layout_check import universe
from spe.errors import Malformed
from spe.output.support import Cell

MOST_ATOMS = 1_000
_MISSING = "no value"

Element = str | tuple[float, float]
Condition = Mapping[str, Callable[[Element], bool]]


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """Where rows came from: a site and the digest of the cohort there."""

    site: str
    cohort: str


@dataclass(frozen=True, slots=True)
class Released:
    """One table that left, or would leave: its cells count people of all `sources` together.

    `known` names fields that have a value in everybody counted, besides those that the layout splits by.
    """

    release: str
    permit: str
    sources: frozenset[Source]
    layout: Layout
    cells: tuple[Cell, ...]
    known: tuple[str, ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """Fields that decide who is counted where."""
        return tuple(sorted({*fields(self.layout), *self.known}))


@dataclass(frozen=True, slots=True)
class Fact:
    """`count` people of `sources` are in the atoms of `mask`."""

    mask: int
    sources: frozenset[Source]
    count: int


@dataclass(frozen=True, slots=True)
class Space:
    """The atoms: for each field its classes, each a tuple of elements that no table tells apart."""

    names: tuple[str, ...]
    classes: tuple[tuple[tuple[Element, ...], ...], ...]
    ordered: frozenset[str] = field(default=frozenset())

    @property
    def size(self) -> int:
        """Number of atoms of one source."""
        return prod(len(classes) for classes in self.classes)

    def mask(self, chosen: Sequence[Iterable[int]]) -> int:
        """Return the atoms whose class is among `chosen`, field by field."""
        places = [0]
        for classes, picks in zip(self.classes, chosen, strict=True):
            picked = list(picks)
            places = [place * len(classes) + pick for place in places for pick in picked]
        return sum(1 << place for place in places)

    def text(self, chosen: Sequence[Sequence[int]]) -> tuple[str, ...]:
        """Describe a region in codebook values, fields without a restriction left out."""
        out = []
        for name, classes, picks in zip(self.names, self.classes, chosen, strict=True):
            if len(picks) < len(classes):
                out.append(f"{name}: " + ", ".join(_text(item) for at in picks for item in classes[at]))
        return tuple(out)

    def around(self, mask: int) -> tuple[str, ...]:
        """Describe the smallest region that holds all atoms of `mask`."""
        chosen: list[set[int]] = [set() for _ in self.classes]
        for at in range(self.size):
            if mask >> at & 1:
                for picks, place in zip(chosen, self.places(at), strict=True):
                    picks.add(place)
        return self.text([sorted(picks) for picks in chosen])

    def places(self, at: int) -> list[int]:
        """Return the class of an atom, field by field."""
        out = []
        for classes in reversed(self.classes):
            at, place = divmod(at, len(classes))
            out.append(place)
        return out[::-1]


def space_of(tables: Sequence[Released], variables: Sequence[Variable]) -> Space:
    """Split every field that a table uses into the classes that the tables tell apart."""
    known = {variable.name: variable for variable in variables}
    names = sorted({name for table in tables for name in table.fields})
    if not set(names) <= set(known):
        raise Malformed(f"the codebook lacks {', '.join(sorted(set(names) - set(known)))}")
    conditions: dict[str, list[Callable[[Element], bool]]] = {name: [] for name in names}
    points: dict[str, set[float]] = {name: set() for name in names}
    for table in tables:
        _points(table.layout, points)
        for _, condition in facts_of(table):
            for name, test in condition.items():
                conditions[name].append(test)
    classes = [_classes(known[name], points[name], conditions[name]) for name in names]
    ordered = frozenset(name for name in names if universe(known[name]) is None)
    return Space(tuple(names), tuple(classes), ordered)


def facts_in(space: Space, tables: Sequence[Released]) -> list[Fact]:
    """Return every count that the tables publish."""
    found = [
        Fact(mask_of(space, condition), table.sources, count)
        for table in tables
        for count, condition in facts_of(table)
    ]
    return [fact for fact in found if fact.mask]


def mask_of(space: Space, condition: Condition) -> int:
    """Return the atoms that meet a condition."""
    return space.mask(
        [
            [at for at, members in enumerate(classes) if name not in condition or condition[name](members[0])]
            for name, classes in zip(space.names, space.classes, strict=True)
        ]
    )


def facts_of(table: Released) -> Iterable[tuple[int, Condition]]:
    """Yield each count of a table with the condition that its people meet."""
    for cell, condition in conditions_of(table):
        if table.layout.survival:
            yield from _lives(table.layout, cell, condition)
        else:
            yield cell.n, condition
            yield from _ones(table.layout, cell, condition)


def _ones(layout: Layout, cell: Cell, condition: Condition) -> Iterable[tuple[int, Condition]]:
    """A sum of zeros and ones is a count of ones, where the codebook lists both."""
    measure, measured = layout.measure, cell.measured
    if measure is None or measured is None or (measure.low, measure.high) != (0, 1):
        return
    whole = measured.at_low + measured.at_high == cell.n
    if whole and all(dimension.field != measure.field for dimension in layout.dimensions):
        yield measured.at_high, {**condition, measure.field: _one_of(("1",))}


def conditions_of(table: Released) -> Iterable[tuple[Cell, Condition]]:
    """Yield each cell with the condition that its labels stand for (of a life table without the interval's)."""
    layout = table.layout
    groups = [
        dict(zip(dim.labels, _tests(layout, at), strict=True)) for at, dim in enumerate(layout.dimensions)
    ]
    everybody: dict[str, Callable[[Element], bool]] = dict.fromkeys(table.known, _known)
    if layout.measure:
        everybody[layout.measure.field] = _known
    for cell in table.cells:
        condition = dict(everybody)
        for dimension, tests, label in zip(layout.dimensions, groups, cell.labels, strict=False):
            condition[dimension.field] = tests[label]
        yield cell, condition


def _lives(layout: Layout, cell: Cell, shared: Condition) -> Iterable[tuple[int, Condition]]:
    if layout.survival is None:
        return
    survival, (low, high) = layout.survival, _interval(layout, cell.labels[-1])
    happened = _one_of(survival.event_values)
    lives = {**shared, survival.event: _known}
    within = _between(low, high)
    yield cell.n, {**lives, survival.duration: _between(low, inf)}
    yield cell.events, {**lives, survival.duration: within, survival.event: happened}
    yield cell.censored, {**lives, survival.duration: within, survival.event: _known_but(happened)}


def _interval(layout: Layout, label: str) -> tuple[float, float]:
    if layout.survival is None:
        return -inf, inf
    grid = layout.survival.grid
    for low, high in pairwise(grid):
        if label == f"{number_text(low)}-<{number_text(high)}":
            return low, high
    raise Malformed(f"{layout.name}: {label} is no interval of its grid")


def _tests(layout: Layout, at: int) -> list[Callable[[Element], bool]]:
    dimension = layout.dimensions[at]
    if dimension.groups:
        return [_one_of(group.values) for group in dimension.groups]
    bounds = [-inf, *dimension.cuts, inf]
    return [_between(low, high) for low, high in pairwise(bounds)]


def _points(layout: Layout, points: dict[str, set[float]]) -> None:
    for dimension in layout.dimensions:
        points[dimension.field] |= set(dimension.cuts)
    if layout.survival:
        points[layout.survival.duration] |= set(layout.survival.grid)


def _classes(
    variable: Variable, points: set[float], tests: Sequence[Callable[[Element], bool]]
) -> tuple[tuple[Element, ...], ...]:
    alike: dict[tuple[bool, ...], list[Element]] = {}
    for element in _elements(variable, points):
        alike.setdefault(tuple(test(element) for test in tests), []).append(element)
    return tuple(tuple(members) for members in alike.values())


def _elements(variable: Variable, points: set[float]) -> list[Element]:
    listed = universe(variable)
    out: list[Element] = list(listed) if listed is not None else []
    if listed is None:
        low, high = variable.low, variable.high
        inside = sorted(
            point for point in points if (low is None or low < point) and (high is None or point <= high)
        )
        bounds = [-inf if low is None else low, *inside, inf]
        out = list(pairwise(bounds))
    return out if variable.missing is Missingness.NONE else [*out, _MISSING]


def _known(element: Element) -> bool:
    return element != _MISSING


def _one_of(values: Sequence[str]) -> Callable[[Element], bool]:
    wanted = frozenset(values)
    return lambda element: element in wanted


def _known_but(test: Callable[[Element], bool]) -> Callable[[Element], bool]:
    return lambda element: element != _MISSING and not test(element)


def _between(low: float, high: float) -> Callable[[Element], bool]:
    def test(element: Element) -> bool:
        if isinstance(element, tuple):
            return low <= element[0] and element[1] <= high
        return element != _MISSING and low <= float(element) < high

    return test


def _text(element: Element) -> str:
    if isinstance(element, str):
        return element
    low, high = element
    return f"{number_text(low)} and above" if high == inf else f"{number_text(low)}-<{number_text(high)}"


def regions(space: Space, most: int) -> list[tuple[tuple[int, ...], ...]] | None:
    """List sets of people to look for: one choice of classes per field, the finest list within `most`.

    Choices: every subset of up to four classes, every range of an ordered field; where that is too many, single
    classes, all but one, and all; then single classes and all. None where even those are too many.
    """
    for level in (2, 1, 0):
        choices = [
            _choices(len(classes), level, ranges=name in space.ordered)
            for name, classes in zip(space.names, space.classes, strict=True)
        ]
        if prod(len(options) for options in choices) <= most:
            return list(product(*choices))
    return None


def _choices(count: int, level: int, *, ranges: bool) -> list[tuple[int, ...]]:
    everything = tuple(range(count))
    found = {everything, *((at,) for at in everything)}
    if level >= 1 and count > 1:
        found |= {everything[:at] + everything[at + 1 :] for at in everything}
    if level == 2 and count <= 4:
        found |= {tuple(at for at in everything if bits >> at & 1) for bits in range(1, 1 << count)}
    if level == 2 and ranges:
        found |= {everything[low:high] for low in everything for high in range(low + 1, count + 1)}
    return sorted(found)
