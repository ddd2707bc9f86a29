"""Logs that store tiles as the port asks, in memory; they count what is read of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache

from spe.audit.merkle import CompactRange, leaf_hash


class MemoryTiles:
    """A small log: full tiles of its entries."""

    def __init__(self, entries: Sequence[bytes]) -> None:
        self._entries = entries
        self.tiles: dict[tuple[int, int], bytes] = {}
        self.reads: list[str] = []
        row, level = [leaf_hash(entry) for entry in entries], 0
        while len(row) >= 256:
            full = [row[at : at + 256] for at in range(0, len(row) - 255, 256)]
            self.tiles |= {(level, number): b"".join(tile) for number, tile in enumerate(full)}
            row, level = [CompactRange().extend(tile).root() for tile in full], level + 1

    def tile(self, level: int, number: int) -> bytes | None:
        self.reads.append(f"tile {level}/{number}")
        return self.tiles.get((level, number))

    def tile_roots(self, level: int, first: int, count: int) -> list[bytes]:
        self.reads.append(f"roots {level}/{first}+{count}")
        found = (self.tiles.get((level, number)) for number in range(first, first + count))
        return [root_of(tile) for tile in found if tile is not None]

    def entries(self, start: int = 0, end: int = 2**62) -> Iterator[tuple[int, bytes]]:
        self.reads.append(f"entries {start}-{end}")
        return iter(list(enumerate(self._entries))[start:end])


class SameEntryTiles:
    """A log of any size that never was made: all its entries are equal, so every tile is known from its level."""

    ENTRY = b"{}"

    def __init__(self) -> None:
        self.reads: list[str] = []

    def tile(self, level: int, number: int) -> bytes | None:
        self.reads.append(f"tile {level}/{number}")
        return full_root(level) * 256

    def tile_roots(self, level: int, first: int, count: int) -> list[bytes]:
        self.reads.append(f"roots {level}/{first}+{count}")
        return [full_root(level + 1)] * count

    def entries(self, start: int = 0, end: int = 2**62) -> Iterator[tuple[int, bytes]]:
        self.reads.append(f"entries {start}-{end}")
        return ((index, self.ENTRY) for index in range(start, end))


def root_of(tile: bytes) -> bytes:
    """Return the root over a tile's hashes."""
    return CompactRange().extend(tile[at : at + 32] for at in range(0, len(tile), 32)).root()


@cache
def full_root(level: int) -> bytes:
    """Return the root over 256^level equal entries."""
    return root_of(full_root(level - 1) * 256) if level else leaf_hash(SameEntryTiles.ENTRY)


def same_entry_root(size: int) -> bytes:
    """Return the root of `size` equal entries, from the full subtrees alone."""
    subtree, subtrees = leaf_hash(SameEntryTiles.ENTRY), []
    for bit in range(size.bit_length()):
        if size >> bit & 1:
            subtrees.append(subtree)
        subtree = CompactRange().extend([subtree, subtree]).root()
    return CompactRange(size, tuple(reversed(subtrees))).root()
