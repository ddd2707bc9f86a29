"""The smallest merge that would let a stopped table pass, found without anybody's rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice, product

from spe.code.layout import Kind, Layout, axes, cell_count
from spe.output.checks import dominance, life, threshold
from spe.output.checks.assess import check_support
from spe.output.checks.finding import Audience, Code, Finding, Profile, Severity
from spe.output.merge import coarsen, lines_of, merge
from spe.output.support import Cell, Support, add_cells

_MOST_TRIES = 256
_MOST_CELLS = 400
_UNFIXABLE = frozenset({Code.CELLS_DIFFER, Code.GRID_DIFFERS, Code.NOT_RECOMPUTED})


class WhyNot(StrEnum):
    """Why no merge is offered."""

    NEEDS_POOLING = "needs_pooling"
    NOT_A_TABLE = "not_a_table"
    NOT_A_MATTER_OF_CELLS = "not_a_matter_of_cells"
    NOTHING_TO_FIX = "nothing_to_fix"
    TOO_LARGE_TO_SEARCH = "too_large_to_search"


@dataclass(frozen=True, slots=True)
class Step:
    """One axis merged (a dimension's name, or `interval`): its labels before and after."""

    axis: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fix:
    """A coarser layout that passes, and how it comes from the old one: the new output's lineage."""

    layout: Layout
    support: Support
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class CannotFixHere:
    """No merge passes while two groups stay on each axis; `cells` still fail in the attempt that comes nearest."""

    reason: WhyNot
    cells: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class _Attempt:
    layout: Layout
    support: Support


def suggest(  # noqa: PLR0911 - one return a reason
    layout: Layout, support: Support, profile: Profile
) -> Fix | CannotFixHere:
    """Return the merge that keeps most cells: of neighbours on one axis if that is enough, else on several.

    Merging only ever helps (every rule that holds for two cells holds for their union), so where no table of two
    groups per axis passes, none does: the numbers need other sites' added. Same input, same answer.
    """
    if layout.kind is Kind.OTHER:
        return CannotFixHere(WhyNot.NOT_A_TABLE)
    if cell_count(layout) > _MOST_CELLS:
        return CannotFixHere(WhyNot.TOO_LARGE_TO_SEARCH)
    stops = _stops(layout, support, profile)
    if not stops:
        return CannotFixHere(WhyNot.NOTHING_TO_FIX)
    if any(finding.code in _UNFIXABLE for finding in stops):
        return CannotFixHere(WhyNot.NOT_A_MATTER_OF_CELLS)
    start = _Attempt(layout, support)
    passing = _passing(_on_one_axis(start, profile), profile)
    tries = list(islice(_on_all_axes(start), _MOST_TRIES + 1)) if not passing else []
    if not passing:
        passing = [_refined(start, attempt, profile) for attempt in _passing(tries[:_MOST_TRIES], profile)]
    if passing:
        return _fix(layout, max(passing, key=lambda attempt: cell_count(attempt.layout)))
    if len(tries) > _MOST_TRIES:
        return CannotFixHere(WhyNot.TOO_LARGE_TO_SEARCH)
    return CannotFixHere(WhyNot.NEEDS_POOLING, _nearest(tries or [start], profile))


def _stops(layout: Layout, support: Support, profile: Profile) -> tuple[Finding, ...]:
    found = check_support(layout, support, profile)
    return tuple(finding for finding in found if finding.severity is Severity.STOP)


def _passing(attempts: Iterable[_Attempt], profile: Profile) -> list[_Attempt]:
    return [attempt for attempt in attempts if not _stops(attempt.layout, attempt.support, profile)]


def _on_one_axis(start: _Attempt, profile: Profile) -> Iterator[_Attempt]:
    for axis in range(len(axes(start.layout))):
        merged = _finest(start, axis, profile)
        if merged is not None:
            yield merged


def _finest(attempt: _Attempt, axis: int, profile: Profile) -> _Attempt | None:
    """Merge as little as possible along one axis, or None where two groups can't be kept.

    From the left, each group is closed as soon as all its cells pass; since merging only helps, no other choice
    gives more groups.
    """
    lines = lines_of(attempt.layout, attempt.support, axis)
    on_grid = attempt.layout.survival is not None and axis == len(attempt.layout.dimensions)
    end = _end(lines, profile.threshold) if on_grid else len(lines)
    starts, block = [0], None
    for at in range(end):
        block = lines[at] if block is None else _join(block, lines[at], on_grid=on_grid)
        if _block_passes(attempt.layout, block, profile, whole=not on_grid) and at + 1 < end:
            starts.append(at + 1)
            block = None
    if block is not None and not _block_passes(attempt.layout, block, profile, whole=not on_grid):
        starts.pop()
    if len(starts) < 2:
        return None
    return _apply(attempt, axis, tuple(starts), end)


def _end(lines: list[list[Cell]], least: int) -> int:
    """Intervals to keep so that enough people are still at risk when the grid ends."""
    for end in range(len(lines), 0, -1):
        if all(cell.n - cell.events - cell.censored >= least for cell in lines[end - 1]):
            return end
    return 0


def _join(left: list[Cell], right: list[Cell], *, on_grid: bool) -> list[Cell]:
    pairs = zip(left, right, strict=True)
    if not on_grid:
        return [add_cells(one.labels, one, other) for one, other in pairs]
    return [
        Cell(one.labels, one.n, one.events + other.events, one.censored + other.censored)
        for one, other in pairs
    ]


def _block_passes(layout: Layout, block: list[Cell], profile: Profile, *, whole: bool) -> bool:
    support = Support("", 0, 0, tuple(block))
    found = [*threshold.check(layout, support, profile), *dominance.check(layout, support, profile)]
    if layout.survival:
        # Along the grid the tail is settled by where the grid ends; along a dimension it is the block's own.
        found += life.check(layout, support, profile) if whole else life.thin(block, profile)
    return not found


def _apply(attempt: _Attempt, axis: int, starts: tuple[int, ...], end: int) -> _Attempt:
    layout = coarsen(attempt.layout, axis, starts, end)
    return _Attempt(layout, merge(attempt.support, attempt.layout, layout))


def _on_all_axes(start: _Attempt) -> Iterator[_Attempt]:
    """Yield every table of two groups per axis (a grid may also end early), coarse as they can be."""
    choices = [
        _cuts(len(labels), on_grid=_is_grid(start.layout, at)) for at, labels in enumerate(axes(start.layout))
    ]
    for chosen in product(*choices):
        attempt = start
        for axis, (starts, end) in enumerate(chosen):
            attempt = _apply(attempt, axis, starts, end)
        yield attempt


def _cuts(length: int, *, on_grid: bool) -> list[tuple[tuple[int, ...], int]]:
    if length < 2:
        return [((0,), length)]
    ends = range(length, 1, -1) if on_grid else [length]
    return [((0, at), end) for end in ends for at in range(1, end)]


def _is_grid(layout: Layout, axis: int) -> bool:
    return axis == len(layout.dimensions)


def _refined(start: _Attempt, coarse: _Attempt, profile: Profile) -> _Attempt:
    """Split one axis after the other again as far as it passes with the others merged."""
    best = coarse
    for axis in range(len(axes(start.layout))):
        layout = _with_axis(best.layout, start.layout, axis)
        opened = _Attempt(layout, merge(start.support, start.layout, layout))
        finer = opened if not _stops(layout, opened.support, profile) else _finest(opened, axis, profile)
        if finer and not _stops(finer.layout, finer.support, profile):
            best = finer
    return best


def _with_axis(layout: Layout, original: Layout, axis: int) -> Layout:
    starts = tuple(range(len(axes(original)[axis])))
    full = coarsen(original, axis, starts, len(starts))
    for other in range(len(axes(original))):
        if other != axis:
            full = _copy_axis(full, layout, other)
    return full


def _copy_axis(target: Layout, source: Layout, axis: int) -> Layout:
    labels = axes(target)[axis]
    if _is_grid(target, axis) and target.survival and source.survival:
        grid = target.survival.grid
        starts = tuple(at for at, low in enumerate(grid[:-1]) if low in source.survival.grid[:-1])
        return coarsen(target, axis, starts, grid.index(source.survival.grid[-1]))
    dimension = source.dimensions[axis]
    if dimension.cuts:
        return coarsen(target, axis, (0, *_positions(target, axis, dimension.cuts)), len(labels))
    firsts = {value: at for at, group in enumerate(target.dimensions[axis].groups) for value in group.values}
    starts = tuple(firsts[group.values[0]] for group in dimension.groups)
    return coarsen(target, axis, starts, len(labels))


def _positions(layout: Layout, axis: int, cuts: tuple[float, ...]) -> tuple[int, ...]:
    return tuple(layout.dimensions[axis].cuts.index(cut) + 1 for cut in cuts)


def _nearest(attempts: list[_Attempt], profile: Profile) -> tuple[tuple[str, ...], ...]:
    """Only what the data user may read: checkers' findings tell more than that a cell is small."""
    failing = [
        tuple(
            dict.fromkeys(
                finding.cell
                for finding in _stops(attempt.layout, attempt.support, profile)
                if finding.audience is Audience.EVERYBODY
            )
        )
        for attempt in attempts
    ]
    return min(failing, key=len)


def _fix(layout: Layout, attempt: _Attempt) -> Fix:
    names = [*(dimension.name for dimension in layout.dimensions), "interval"]
    steps = tuple(
        Step(name, before, after)
        for name, before, after in zip(names, axes(layout), axes(attempt.layout), strict=False)
        if before != after
    )
    return Fix(attempt.layout, attempt.support, steps)
