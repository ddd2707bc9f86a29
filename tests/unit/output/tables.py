"""Small tables and layouts for the tests of checks, fixes and differencing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from spe.code.layout import Layout, cell_labels
from spe.code.layout_parse import parse_layout
from spe.output.checks.finding import Profile
from spe.output.support import Cell, Measured, Support

PROFILE = Profile(
    version="test",
    threshold=10,
    dominance_one=0.5,
    dominance_two=0.9,
    p_percent=10.0,
    class_share=0.95,
    cohort_share=0.2,
    text_length=40,
    recover_width=4,
)

GRADE = {"field": "grade", "name": "grade", "map": {"I": "I", "II": "II", "III": "III"}}
MERGED = {"field": "grade", "name": "grade", "map": {"I": "I+II", "II": "I+II", "III": "III"}}
THERAPY = {"field": "therapy", "name": "therapy", "map": {"no": "no", "yes": "yes"}}
EVENT = {"field": "event", "name": "event", "map": {"0": "none", "1": "event"}}
YEARS = [0, 365.25, 730.5, 1095.75, 1461, 1826.25, 2191.5]

# Published figures of the German Breast Cancer Study Group's trial 2: no event, event by grade and therapy.
POOLED = {
    "I no": (36, 12),
    "I yes": (27, 6),
    "II no": (144, 137),
    "II yes": (98, 65),
    "III no": (55, 56),
    "III yes": (27, 23),
}
ONE_SITE = {
    "I no": (11, 5),
    "I yes": (6, 1),
    "II no": (45, 60),
    "II yes": (32, 22),
    "III no": (16, 20),
    "III yes": (4, 7),
}
LIVES = [(686, 56, 28), (602, 109, 35), (458, 59, 68), (331, 39, 64), (228, 22, 85), (121, 11, 74)]
LIVES_NO = [(440, 44, 17), (379, 71, 27), (281, 43, 43), (195, 28, 43), (124, 13, 48), (63, 4, 41)]
LIVES_YES = [(246, 12, 11), (223, 38, 8), (177, 16, 25), (136, 11, 21), (104, 9, 37), (58, 7, 33)]


def count_layout(*dimensions: Mapping[str, object], name: str = "table") -> Layout:
    return parse_layout(
        {"name": name, "kind": "count", "file": f"{name}.csv", "dimensions": list(dimensions)}
    )


def life_layout(*dimensions: Mapping[str, object], grid: Sequence[float] = YEARS) -> Layout:
    return parse_layout(
        {
            "name": "life",
            "kind": "life_table",
            "file": "life.csv",
            "dimensions": list(dimensions),
            "duration": "time",
            "event": {"field": "event", "values": ["1"]},
            "grid": list(grid),
        }
    )


def sum_layout(*dimensions: Mapping[str, object], kind: str = "sum", high: float = 1000) -> Layout:
    measure = {"field": "cost", "low": 0, "high": high}
    return parse_layout(
        {
            "name": "costs",
            "kind": kind,
            "file": "costs.csv",
            "dimensions": list(dimensions),
            "measure": measure,
        }
    )


def counts(layout: Layout, numbers: Sequence[int], excluded: int = 0) -> Support:
    cells = tuple(Cell(labels, n) for labels, n in zip(cell_labels(layout), numbers, strict=True))
    return Support(layout.name, sum(numbers) + excluded, excluded, cells)


def lives(layout: Layout, numbers: Sequence[tuple[int, int, int]]) -> Support:
    cells = tuple(Cell(labels, *three) for labels, three in zip(cell_labels(layout), numbers, strict=True))
    return Support(layout.name, 686, 0, cells)


def by_grade(figures: Mapping[str, tuple[int, int]]) -> tuple[Layout, Support]:
    layout = count_layout(GRADE, THERAPY, EVENT)
    return layout, counts(layout, [n for pair in figures.values() for n in pair])


def measured(values: Sequence[float], low: float = 0, high: float = 1000) -> Measured:
    exact = [Decimal(repr(value)) for value in values]
    sizes = sorted(map(abs, exact), reverse=True)
    return Measured(
        sum(exact, Decimal(0)),
        sum(sizes, Decimal(0)),
        (sizes[0], sizes[1]),
        sum(size > 0 for size in sizes),
        sum(value == Decimal(repr(low)) for value in exact),
        sum(value == Decimal(repr(high)) for value in exact),
        min(exact),
        max(exact),
    )


def sums(layout: Layout, groups: Sequence[Sequence[float]]) -> Support:
    high = layout.measure.high if layout.measure else 0
    cells = tuple(
        Cell(labels, len(values), measured=measured(values, 0.0, high))
        for labels, values in zip(cell_labels(layout), groups, strict=True)
    )
    return Support(layout.name, sum(map(len, groups)), 0, cells)
