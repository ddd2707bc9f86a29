"""What an attacker works out from released counts: exact linear algebra on rationals, then bounds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from spe.release.regions import Fact, Source

_MOST_ROUNDS = 30
_MOST_MEMBERS = 20_000

Row = dict[int, Fraction]


class Knowledge:
    """The counts that follow linearly from `facts`: a reduced basis of their rational row space."""

    def __init__(self, facts: Iterable[Fact], sources: Sequence[Source], atoms: int) -> None:
        self._offsets = {source: at * atoms for at, source in enumerate(sources)}
        self._basis: dict[int, tuple[Row, Fraction]] = {}
        for fact in facts:
            self._learn(fact)

    def count(self, mask: int, sources: frozenset[Source]) -> int | None:
        """Return how many people are in `mask` of `sources`, or None where the facts don't determine it."""
        wanted = self._columns(mask, sources)
        total, left = Fraction(0), {column: Fraction(1) for column in wanted}
        for column in wanted:
            if column in self._basis:
                row, value = self._basis[column]
                total += value
                _subtract(left, row, Fraction(1))
        return int(total) if not left and total.denominator == 1 else None

    def _learn(self, fact: Fact) -> None:
        row = {column: Fraction(1) for column in self._columns(fact.mask, fact.sources)}
        value = Fraction(fact.count)
        for column in [column for column in row if column in self._basis]:
            factor = row[column]
            _subtract(row, self._basis[column][0], factor)
            value -= factor * self._basis[column][1]
        if not row:
            return
        pivot = min(row)
        scale = row[pivot]
        row, value = {column: entry / scale for column, entry in row.items()}, value / scale
        for other, (basis, known) in list(self._basis.items()):
            factor = basis.get(pivot, Fraction(0))
            if factor:
                _subtract(basis, row, factor)
                self._basis[other] = basis, known - factor * value
        self._basis[pivot] = row, value

    def _columns(self, mask: int, sources: frozenset[Source]) -> list[int]:
        atoms = list(bits(mask))
        return [self._offsets[source] + atom for source in sources for atom in atoms]


def bits(mask: int) -> Iterable[int]:
    """Yield the positions of the ones in `mask`."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def bounds(facts: Sequence[Fact], sources: frozenset[Source], atoms: int) -> list[tuple[int, int | None]]:
    """Return each atom's lower and upper bound, by the shuttle algorithm on facts about exactly `sources`.

    Each fact bounds an atom by its count less the others' opposite bounds, again and again until nothing moves (or 30
    rounds). Valid always; sharp for tables that decompose, looser than linear programming for some that don't.
    Source: Buzzigoli and Giusti, "An algorithm to calculate the lower and upper bounds of the elements of an array
    given its marginals" (1998).
    """
    members = _smallest(fact for fact in facts if fact.sources == sources)
    lows: list[int] = [0] * atoms
    highs: list[int | None] = [None] * atoms
    for _ in range(_MOST_ROUNDS):
        before = list(lows), list(highs)
        for cells, count in members:
            _tighten(cells, count, lows, highs)
        if before == (lows, highs):
            break
    return list(zip(lows, highs, strict=True))


def _smallest(facts: Iterable[Fact]) -> list[tuple[list[int], int]]:
    """Facts about the fewest atoms bound most; later ones are left out when there are too many."""
    members, size = [], 0
    for fact in sorted(set(facts), key=lambda fact: (fact.mask.bit_count(), fact.mask)):
        size += fact.mask.bit_count()
        if size > _MOST_MEMBERS:
            break
        members.append((list(bits(fact.mask)), fact.count))
    return members


def _tighten(cells: list[int], count: int, lows: list[int], highs: list[int | None]) -> None:
    low_sum = sum(lows[cell] for cell in cells)
    open_cells = sum(highs[cell] is None for cell in cells)
    high_sum = sum(highs[cell] or 0 for cell in cells)
    for cell in cells:
        low, high = lows[cell], highs[cell]
        if open_cells - (high is None) == 0:
            lows[cell] = max(low, count - (high_sum - (high or 0)))
            low_sum += lows[cell] - low
        most = count - (low_sum - lows[cell])
        highs[cell] = tighter = most if high is None else min(high, most)
        high_sum += tighter - (high or 0)
        open_cells -= high is None


def _subtract(row: Row, other: Mapping[int, Fraction], factor: Fraction) -> None:
    for column, entry in other.items():
        left = row.get(column, Fraction(0)) - factor * entry
        if left:
            row[column] = left
        else:
            row.pop(column, None)
