"""What is stored beside the entries against the tree they make: head, checkpoints, tiles, cosignatures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from spe.audit.events.record import CheckpointKeyRotated
from spe.audit.handover import CheckpointKeys
from spe.audit.merkle import HASH_BYTES, CompactRange, leaf_hash
from spe.audit.tiles import TILE_WIDTH, Rows, Tile
from spe.errors import IntegrityFailure, Malformed
from spe.oversight.reconcile import Tally, Told


class StoredTree(Protocol):
    """What the database keeps of the tree."""

    def head(self) -> tuple[int, bytes]:
        """Return the head row: size and subtree roots."""
        ...

    def checkpoints(self) -> Iterable[tuple[int, str]]:
        """Walk the signed checkpoints in the order of their sizes."""
        ...

    def tile(self, level: int, number: int) -> Tile | None:
        """Return a stored tile."""
        ...

    def tiles(self) -> int:
        """Return how many tiles are stored."""
        ...

    def cosignatures(self) -> Iterable[tuple[int, str, str]]:
        """Walk the cosignatures: size, witness and signature line."""
        ...


@dataclass(frozen=True, slots=True)
class Signed:
    """The newest checkpoint that holds: what the comparison was made under."""

    size: int
    root: bytes
    note: str


class Cosigned(Protocol):
    """Says whether a witness' signature line stands under a checkpoint's note; None where its key isn't known."""

    def __call__(self, note: str, witness: str, line: str) -> bool | None:
        """Look at one line."""
        ...


class TreeSource:
    """`Source` of everything that follows from the entries alone."""

    def __init__(self, stored: StoredTree, keys: CheckpointKeys, cosigned: Cosigned) -> None:
        self._stored = stored
        self._keys = keys
        self._cosigned = cosigned
        self._tally = Tally("tree")
        self._range = CompactRange()
        self._rows = Rows()
        self._waiting = iter(stored.checkpoints())
        self._next = next(self._waiting, None)
        self._tiles = 0
        self._missing: list[Tile] = []
        self.newest: Signed | None = None

    @property
    def range(self) -> CompactRange:
        """Return the tree of all entries heard so far."""
        return self._range

    def heard(self, told: Told, raw: bytes) -> None:
        """Grow the tree, and hold to it the tiles that fill and the checkpoints of this size."""
        if told.type == CheckpointKeyRotated.type and not self._keys.heard(told.index, told.data):
            self._tally.misfits("the log was handed on to or by a key that is not this log's", told.index)
        leaf = leaf_hash(raw)
        self._range = self._range.append(leaf)
        for tile in self._rows.add(leaf):
            self._hold_tile(tile)
        while self._next is not None and self._next[0] <= self._range.size:
            self._hold_checkpoint(*self._next)
            self._next = next(self._waiting, None)

    def settled(self) -> Tally:
        """Hold the head to the tree, and find what lies beyond it."""
        size, hashes = self._stored.head()
        fits = (size, hashes) == (self._range.size, self._range.serialise())
        self._say(fits, f"the head row says {size} entries, or other hashes than theirs", self._range.size)
        while self._next is not None:
            self._tally.misfits(
                f"a checkpoint of {self._next[0]} entries was signed, which are not there", self._range.size
            )
            self._next = next(self._waiting, None)
        signed = self.newest.size if self.newest else 0
        for tile in self._missing:
            if (tile.number + 1) << (8 * (tile.level + 1)) <= signed:
                self._tally.misfits("a tile under a checkpoint is missing", None, _name(tile))
        if self._stored.tiles() != self._tiles:
            self._tally.misfits("there are tiles that the tree has no place for", None, "log_tile")
        self._hold_cosignatures()
        return self._tally

    def _hold_tile(self, tile: Tile) -> None:
        stored = self._stored.tile(tile.level, tile.number)
        if stored is None:
            self._missing.append(tile)
            return
        self._tiles += 1
        first = (tile.number * TILE_WIDTH + _first_difference(stored.hashes, tile.hashes)) << (8 * tile.level)
        self._say(stored == tile, "a stored tile is not what the entries hash to", first, _name(tile))

    def _hold_checkpoint(self, size: int, note: str) -> None:
        row = f"log_checkpoint {size}"
        try:
            signed, root = self._keys.opened(size, note)
        except (IntegrityFailure, Malformed):
            self._tally.misfits("a checkpoint is not signed by the log's key", None, row)
            return
        if signed != size or size != self._range.size:
            self._tally.misfits("a checkpoint stands under another size than its own", None, row)
        elif root != self._range.root():
            self._tally.misfits(f"the first {size} entries are not those that were signed", size - 1, row)
        else:
            self._tally.fits()
            self.newest = Signed(size, root, note)

    def _hold_cosignatures(self) -> None:
        notes: Mapping[int, str] = dict(self._stored.checkpoints())
        for size, witness, line in self._stored.cosignatures():
            row = f"log_cosignature {size} {witness}"
            verdict = self._cosigned(notes[size], witness, line) if size in notes else False
            if verdict is None:
                self._tally.explains("cosigned by a witness whose key was not given")
            else:
                self._say(verdict, "a cosignature stands under no checkpoint that it signs", None, row)

    def _say(self, fits: bool, what: str, entry: int | None, row: str = "log_head") -> None:
        if fits:
            self._tally.fits()
        else:
            self._tally.misfits(what, entry, row)


def _first_difference(stored: bytes, made: bytes) -> int:
    """Return the place of the first hash that differs; 0 where only the root over them does."""
    places = range(0, len(made), HASH_BYTES)
    differing = (at for at in places if stored[at : at + HASH_BYTES] != made[at : at + HASH_BYTES])
    return next(differing, 0) // HASH_BYTES


def _name(tile: Tile) -> str:
    return f"log_tile {tile.level}/{tile.number}"
