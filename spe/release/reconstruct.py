"""What an attacker works out from released numbers: exact linear algebra on rationals, then bounds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from spe.release.regions import Fact, Source

_MOST_ROUNDS = 30
_MOST_MEMBERS = 20_000

Row = dict[int, Fraction]
Values = tuple[Fraction, ...]


class Span:
    """The rational row space of sets of columns, with the values that follow for everything in it."""

    def __init__(self) -> None:
        self.basis: dict[int, tuple[Row, Values]] = {}
        self.clashes: list[Values] = []

    def learn(self, row: Row, values: Values) -> None:
        """Add a row, which is used up; what is left where it contradicts the rows before goes to `clashes`."""
        for column in [column for column in row if column in self.basis]:
            factor, (other, known) = row[column], self.basis[column]
            _subtract(row, other, factor)
            values = _less(values, known, factor)
        if not row:
            if any(values):
                self.clashes.append(values)
            return
        pivot = min(row)
        scale = row[pivot]
        row = {column: entry / scale for column, entry in row.items()}
        values = tuple(value / scale for value in values)
        for place, (basis, known) in list(self.basis.items()):
            factor = basis.get(pivot, Fraction(0))
            if factor:
                _subtract(basis, row, factor)
                self.basis[place] = basis, _less(known, values, factor)
        self.basis[pivot] = row, values

    def values(self, columns: Iterable[int]) -> Values | None:
        """Return the values of a set of columns, or None where they don't follow."""
        left = {column: Fraction(1) for column in columns}
        found: list[Values] = []
        for column in list(left):
            if column in self.basis:
                row, values = self.basis[column]
                found.append(values)
                _subtract(left, row, Fraction(1))
        if left or not found:
            return None
        return tuple(sum(parts, Fraction(0)) for parts in zip(*found, strict=True))


class Knowledge:
    """The counts that follow linearly from `facts`; column `place * atoms + atom` is an atom of a source."""

    def __init__(self, facts: Iterable[Fact], sources: Sequence[Source], atoms: int) -> None:
        self._offsets = {source: at * atoms for at, source in enumerate(sources)}
        self.span = Span()
        for fact in facts:
            self.learn(fact)

    def learn(self, fact: Fact) -> bool:
        """Take a fact in; say whether it contradicts what is known already."""
        before = len(self.span.clashes)
        row = {column: Fraction(1) for column in self.columns(fact.mask, fact.sources)}
        self.span.learn(row, (Fraction(fact.count),))
        return len(self.span.clashes) > before

    def count(self, mask: int, sources: frozenset[Source]) -> int | None:
        """Return how many people are in `mask` of `sources`, or None where the facts don't determine it."""
        return self.counted(self.columns(mask, sources))

    def counted(self, columns: Iterable[int]) -> int | None:
        """Return how many people are in a set of columns, or None where the facts don't determine it."""
        values = self.span.values(columns)
        return int(values[0]) if values and values[0].denominator == 1 else None

    def columns(self, mask: int, sources: Iterable[Source]) -> list[int]:
        """Return the columns of the atoms of `mask` in each source."""
        atoms = list(bits(mask))
        return [self._offsets[source] + atom for source in sources for atom in atoms]


def common(left: Iterable[tuple[Row, Fraction]], right: Iterable[tuple[Row, Fraction]], width: int) -> Span:
    """Return what two row spaces over columns 0 to `width` - 1 share, each with its value left and right.

    Source: the Zassenhaus algorithm (rows (u, u) and (w, 0); what is left with an empty first half is in both).
    """
    both = Span()
    none = Fraction(0)
    for row, value in left:
        both.learn({**row, **{column + width: entry for column, entry in row.items()}}, (value, none))
    for row, value in right:
        both.learn(dict(row), (none, -value))
    shared = Span()
    for pivot, (row, values) in both.basis.items():
        if pivot >= width:
            shared.learn({column - width: entry for column, entry in row.items()}, values)
    return shared


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


def _less(values: Values, other: Values, factor: Fraction) -> Values:
    return tuple(value - factor * known for value, known in zip(values, other, strict=True))
