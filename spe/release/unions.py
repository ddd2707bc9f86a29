"""Every set of people whose number follows from released ones, not only sets that anybody would have named.

In a reduced basis each row has a one at its pivot and noughts at all others, so a set in the row space takes each row
once or not at all. A set that consists of two others is small only if both are, so unions of sets are left out:
from a row on, further rows are tried only where they mend an entry that is no nought or one, or take a person out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from spe.release.reconstruct import Entry, Span

MOST_STEPS = 6_000
_DEEPEST = 150
_MOST_PARTS = 4_000
_MOST_SETS = 150

Columns = frozenset[int]


@dataclass(slots=True)
class _Search:
    rows: Mapping[int, Mapping[int, Entry]]
    touching: Mapping[int, list[int]]
    steps: int = MOST_STEPS

    def sets(self) -> Iterator[Columns]:
        """Yield the sets with each pivot as their first."""
        for pivot, row in self.rows.items():
            yield from self._from(dict(row), frozenset(at for at in self.rows if at <= pivot), 0)

    def _from(self, found: dict[int, Entry], settled: frozenset[int], depth: int) -> Iterator[Columns]:
        self.steps = -1 if depth > _DEEPEST else self.steps - 1
        if self.steps < 0:
            return
        wrong = next((column for column, entry in found.items() if entry not in (0, 1)), None)
        if wrong is None:
            yield frozenset(found)
        for pivot in self._next(found, wrong):
            if pivot not in settled:
                settled |= {pivot}
                yield from self._from(_sum(found, self.rows[pivot]), settled, depth + 1)

    def _next(self, found: Mapping[int, Entry], wrong: int | None) -> list[int]:
        if wrong is None:
            taken = (at for column in found for at in self.touching[column] if self.rows[at][column] < 0)
            return list(dict.fromkeys(taken))
        entry = found[wrong]
        return [at for at in self.touching[wrong] if _mends(entry, self.rows[at][wrong])]


def sets_in(span: Span, released: Iterable[Columns]) -> set[Columns]:
    """Return the sets in a span that are no union of smaller ones there.

    All of them where `MOST_STEPS` steps are enough. Otherwise those found till then, and every difference of two or
    three of the `released` sets, and every two of them less a third.
    """
    rows = {pivot: row for pivot, (row, _) in sorted(span.basis.items())}
    touching: dict[int, list[int]] = {}
    for pivot, row in rows.items():
        for column in row:
            touching.setdefault(column, []).append(pivot)
    search = _Search(rows, touching)
    found = set(search.sets())
    return found if search.steps >= 0 else found | _combined(set(released))


def _combined(released: set[Columns]) -> set[Columns]:
    once = _differences(released, released)
    twice = _differences(once, released)
    most = sorted(released, key=lambda one: (len(one), sorted(one)))[:_MOST_SETS]
    pairs = {one | other for at, one in enumerate(most) for other in most[at + 1 :] if not one & other}
    return released | once | twice | _differences(pairs, set(most))


def _differences(large: set[Columns], small: set[Columns]) -> set[Columns]:
    out: set[Columns] = set()
    for one in sorted(large, key=lambda one: (len(one), sorted(one))):
        out |= {one - other for other in small if other < one}
        if len(out) > _MOST_PARTS:
            break
    return out


def _mends(entry: Entry, other: Entry) -> bool:
    if entry < 0:
        return other > 0
    return other < 0 if entry > 1 else True


def _sum(found: Mapping[int, Entry], row: Mapping[int, Entry]) -> dict[int, Entry]:
    out = dict(found)
    for column, entry in row.items():
        total = out.get(column, 0) + entry
        if total:
            out[column] = total
        else:
            del out[column]
    return out
