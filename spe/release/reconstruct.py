"""What an attacker works out from released numbers: exact linear algebra on rationals, then bounds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction

from spe.release.regions import Fact, Source

_MOST_ROUNDS = 30
_MOST_MEMBERS = 20_000

Entry = int | Fraction
Row = dict[int, Entry]
Values = tuple[Entry, ...]


class Span:
    """The rational row space of sets of columns, with the values that follow for everything in it.

    Whole numbers are kept as such: nearly all are, and they are much faster than fractions.
    """

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
        row = {column: _over(entry, scale) for column, entry in row.items()}
        values = tuple(_over(value, scale) for value in values)
        for place, (basis, known) in list(self.basis.items()):
            factor = basis.get(pivot, 0)
            if factor:
                _subtract(basis, row, factor)
                self.basis[place] = basis, _less(known, values, factor)
        self.basis[pivot] = row, values

    def values(self, columns: Iterable[int]) -> Values | None:
        """Return the values of a set of columns, or None where they don't follow."""
        wanted = frozenset(columns)
        chosen = [self.basis[column] for column in wanted if column in self.basis]
        left: Row = dict.fromkeys(wanted, 1)
        for row, _ in chosen:
            _subtract(left, row, 1)
        if left or not chosen:
            return None
        return tuple(_plain(sum(parts)) for parts in zip(*(values for _, values in chosen), strict=True))


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
        self.span.learn(dict.fromkeys(self.columns(fact.mask, fact.sources), 1), (fact.count,))
        return len(self.span.clashes) > before

    def count(self, mask: int, sources: frozenset[Source]) -> int | None:
        """Return how many people are in `mask` of `sources`, or None where the facts don't determine it."""
        return self.counted(self.columns(mask, sources))

    def counted(self, columns: Iterable[int]) -> int | None:
        """Return how many people are in a set of columns, or None where the facts don't determine it."""
        values = self.span.values(columns)
        return values[0] if values and isinstance(values[0], int) else None

    def columns(self, mask: int, sources: Iterable[Source]) -> list[int]:
        """Return the columns of the atoms of `mask` in each source."""
        atoms = list(bits(mask))
        return [self._offsets[source] + atom for source in sources for atom in atoms]


def common(left: Iterable[tuple[Row, Entry]], right: Iterable[tuple[Row, Entry]], width: int) -> Span:
    """Return what two row spaces over columns 0 to `width` - 1 share, each with its value left and right.

    Source: the Zassenhaus algorithm (rows (u, u) and (w, 0); what is left with an empty first half is in both).
    """
    both = Span()
    for row, value in left:
        both.learn({**row, **{column + width: entry for column, entry in row.items()}}, (value, 0))
    for row, value in right:
        both.learn(dict(row), (0, -value))
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


def _subtract(row: Row, other: Mapping[int, Entry], factor: Entry) -> None:
    for column, entry in other.items():
        left = row.get(column, 0) - factor * entry
        if left:
            row[column] = _plain(left)
        else:
            row.pop(column, None)


def _less(values: Values, other: Values, factor: Entry) -> Values:
    return tuple(_plain(value - factor * known) for value, known in zip(values, other, strict=True))


def _over(entry: Entry, scale: Entry) -> Entry:
    return _plain(Fraction(entry) / scale)


def _plain(entry: Entry) -> Entry:
    return entry if isinstance(entry, int) or entry.denominator != 1 else entry.numerator
