"""The tree in tiles of 256 hashes (C2SP tlog-tiles), as they fill up from left to right.

Row n holds hashes at tree level 8n. A full tile is given away for good; what remains is the tree's right edge.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from spe.audit.merkle import CompactRange, leaf_hash
from spe.errors import IntegrityFailure

TILE_WIDTH = 256
_BITS = 8


@dataclass(frozen=True, slots=True)
class Tile:
    """A full tile: 256 hashes of 32 bytes, one after the other, and the root over them."""

    level: int
    number: int
    root: bytes
    hashes: bytes


class StoredTiles(Protocol):
    """What a log keeps: full tiles with their roots, and the entries."""

    def tile(self, level: int, number: int) -> bytes | None:
        """Return a full tile's hashes, or None where it isn't full yet."""
        ...

    def tile_roots(self, level: int, first: int, count: int) -> list[bytes]:
        """Return the roots of full tiles from number `first` on, at most `count`."""
        ...

    def entries(self, start: int = 0, end: int = 2**62) -> Iterator[tuple[int, bytes]]:
        """Walk the entries from `start` up to, not including, `end`."""
        ...


class Rows:
    """The right edge of a growing tree: for each level the hashes that do not fill a tile yet."""

    def __init__(self, size: int = 0, rows: Sequence[Sequence[bytes]] = ()) -> None:
        self.size = size
        self._rows = [list(row) for row in rows]

    def add(self, leaf: bytes) -> Iterator[Tile]:
        """Take in one more leaf hash and yield the tiles that it fills."""
        self.size += 1
        yield from self._put(0, leaf)

    def rest(self) -> Iterator[tuple[int, int, bytes]]:
        """Yield level, number and hashes of each tile that is not full."""
        for level, row in enumerate(self._rows):
            if row:
                yield level, self.size >> (_BITS * (level + 1)), b"".join(row)

    def range(self) -> CompactRange:
        """Return the same edge as full subtrees, from which the root follows."""
        subtrees = (CompactRange().extend(row).hashes for row in reversed(self._rows))
        return CompactRange(self.size, tuple(root for roots in subtrees for root in roots))

    def _put(self, level: int, value: bytes) -> Iterator[Tile]:
        if level == len(self._rows):
            self._rows.append([])
        row = self._rows[level]
        row.append(value)
        if len(row) == TILE_WIDTH:
            root = CompactRange().extend(row).root()
            number = (self.size >> (_BITS * (level + 1))) - 1
            yield Tile(level, number, root, b"".join(row))
            self._rows[level] = []
            yield from self._put(level + 1, root)


def rows_at(log: StoredTiles, size: int) -> Rows:
    """Return the right edge of the first `size` entries; it reads at most 255 entries and 255 roots a level.

    `IntegrityFailure`: entries or tiles are missing.
    """
    start = size // TILE_WIDTH * TILE_WIDTH
    rows = [[leaf_hash(entry) for _, entry in log.entries(start, size)]]
    level = 1
    while full := size >> (_BITS * level):
        first = full // TILE_WIDTH * TILE_WIDTH
        rows.append(log.tile_roots(level - 1, first, full - first))
        level += 1
    widths = [(size >> (_BITS * level)) % TILE_WIDTH for level in range(len(rows))]
    if [len(row) for row in rows] != widths:
        raise IntegrityFailure(f"entries or tiles of the log's first {size} entries are missing")
    return Rows(size, rows)
