"""Reads the tree's nodes from what a log stores: full tiles, their roots, and the entries (C2SP tlog-tiles).

Of a tile that is not full yet nothing is stored: at level 0 it is hashed from its entries, above that it holds
the roots of the full tiles below.
"""

from __future__ import annotations

from spe.audit.merkle import HASH_BYTES, CompactRange, leaf_hash
from spe.audit.tiles import TILE_WIDTH as _WIDTH
from spe.audit.tiles import StoredTiles
from spe.errors import IntegrityFailure

_BITS = 8


class Nodes:
    """The full nodes of the tree of the first `size` entries; each tile is read once in the life of this object.

    `get` is what `merkle.inclusion_proof` and `merkle.consistency_proof` ask. Make one for each proof.
    """

    def __init__(self, tiles: StoredTiles, size: int) -> None:
        self._tiles = tiles
        self._size = size
        self._read: dict[tuple[int, int], list[bytes]] = {}

    def get(self, level: int, index: int) -> bytes:
        """Return the hash over the 2^level entries from index * 2^level on; `IntegrityFailure` if the log lacks it."""
        row, height = divmod(level, _BITS)
        number, at = divmod(index << height, _WIDTH)
        below = self._hashes(row, number)[at : at + (1 << height)]
        if len(below) != 1 << height:
            raise IntegrityFailure(f"the log's tile {number} at level {row} is missing or cut short")
        return CompactRange().extend(below).root()

    def _hashes(self, row: int, number: int) -> list[bytes]:
        if (row, number) not in self._read:
            width = (self._size >> (_BITS * row)) - number * _WIDTH
            full = width >= _WIDTH
            self._read[row, number] = self._stored(row, number) if full else self._edge(row, number, width)
        return self._read[row, number]

    def _stored(self, row: int, number: int) -> list[bytes]:
        data = self._tiles.tile(row, number) or b""
        whole = len(data) == HASH_BYTES * _WIDTH
        return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)] if whole else []

    def _edge(self, row: int, number: int, width: int) -> list[bytes]:
        first = number * _WIDTH
        if row == 0:
            return [leaf_hash(entry) for _, entry in self._tiles.entries(first, first + width)]
        return self._tiles.tile_roots(row - 1, first, width)
