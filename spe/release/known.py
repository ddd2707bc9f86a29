"""The counts of all tables as one system: which regions' counts follow from them, and which didn't before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

from spe.release.reconstruct import Entry, Knowledge, Row, common
from spe.release.regions import Fact, Source, Space
from spe.release.unions import Columns, sets_in


@dataclass(frozen=True, slots=True)
class Known:
    """A region whose count follows from what was released; `new` where it didn't before."""

    mask: int
    sources: frozenset[Source]
    count: int
    text: tuple[str, ...]
    new: bool

    @property
    def sites(self) -> tuple[str, ...]:
        """Sites that it counts people of; one twice for two of its cohorts."""
        return tuple(sorted(source.site for source in self.sources))


class System:
    """What followed from earlier releases, and what follows now; `clashing` are new facts that contradict others."""

    def __init__(self, space: Space, sources: Sequence[Source], old: list[Fact], new: list[Fact]) -> None:
        self._space, self._sources, self._facts = space, sources, [*old, *new]
        self._then, self._now = Knowledge(old, sources, space.size), Knowledge(old, sources, space.size)
        self.clashing = [fact for fact in new if self._now.learn(fact)]
        released = (frozenset(self._now.columns(fact.mask, fact.sources)) for fact in self._facts)
        self._smallest = sorted(sets_in(self._now.span, released), key=sorted)

    def smallest(self, threshold: int) -> list[Known]:
        """Return small sets that are no union of others; where they differ between sources the mask holds them all."""
        out = []
        for columns in self._smallest:
            count = self._now.counted(columns)
            if count is not None and count < threshold:
                mask, sources = self._place(columns)
                new = self._then.counted(columns) is None
                out.append(Known(mask, sources, count, self._space.around(mask), new))
        return out

    def determined(
        self, named: Mapping[int, tuple[str, ...]], scopes: Sequence[frozenset[Source]]
    ) -> list[Known]:
        """Return what is known of named regions, released cells and smallest sets, in each scope."""
        found = {fact.mask for fact in self._facts}
        if len(self._sources) > 1:
            found |= {self._place(columns)[0] for columns in self._smallest}
        around = {mask: self._space.around(mask) for mask in sorted(found - set(named))}
        texts = {**around, **named}
        out = []
        for (mask, text), scope in product(texts.items(), scopes):
            count = self._now.count(mask, scope)
            if count is not None:
                out.append(Known(mask, scope, count, text, self._then.count(mask, scope) is None))
        return out

    def changed(self, threshold: int) -> list[Known]:
        """Return sets whose counts follow in two cohorts of a site and differ by less than `threshold`."""
        out = []
        for left, right in combinations(self._sources, 2):
            if left.site == right.site:
                out += [known for known in self._shared(left, right, threshold) if known.new]
        return out

    def _shared(self, left: Source, right: Source, threshold: int) -> Iterable[Known]:
        span = common(self._rows(left), self._rows(right), self._space.size)
        for columns in sorted(sets_in(span, ()), key=sorted):
            first, second = span.values(columns) or (0, 0)
            if first != second and -threshold < first - second < threshold:
                mask = sum(1 << at for at in columns)
                counts = [self._then.count(mask, frozenset({source})) for source in (left, right)]
                yield Known(mask, frozenset({right}), int(second), self._space.around(mask), None in counts)

    def _rows(self, source: Source) -> Iterable[tuple[Row, Entry]]:
        start = self._sources.index(source) * self._space.size
        for row, values in self._now.span.basis.values():
            if all(0 <= column - start < self._space.size for column in row):
                yield {column - start: entry for column, entry in row.items()}, values[0]

    def _place(self, columns: Columns) -> tuple[int, frozenset[Source]]:
        mask, size = 0, self._space.size
        for at in {column % size for column in columns}:
            mask |= 1 << at
        return mask, frozenset(self._sources[column // size] for column in columns)
