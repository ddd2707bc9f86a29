"""The log's Merkle tree: hashes, compact range, proofs (RFC 6962, 2.1; RFC 9162, 2.1).

`level` 0 holds leaf hashes; the node (level, index) covers the leaves from index * 2^level on, 2^level of
them. Hashes are 32 bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeAlias

from spe.errors import IntegrityFailure, Malformed

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()

GetNode: TypeAlias = Callable[[int, int], bytes]


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of an entry, its domain byte 0 in front."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two children, the domain byte 1 in front."""
    return sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class CompactRange:
    """All that appending needs: how many leaves there are, and the roots of the full subtrees, largest first."""

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.hashes) != self.size.bit_count():
            raise Malformed(f"a tree of {self.size} leaves has not {len(self.hashes)} full subtrees")

    @classmethod
    def parse(cls, size: int, data: bytes) -> CompactRange:
        """Return the range of `size` leaves that `serialise` gave as `data`; `IntegrityFailure` if they don't fit."""
        hashes = tuple(data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES))
        if size < 0 or len(data) != HASH_BYTES * size.bit_count():
            raise IntegrityFailure(f"what is stored as the log's head is not that of {size} entries")
        return cls(size, hashes)

    def serialise(self) -> bytes:
        """Return the subtree roots one after the other; the size is stored beside them."""
        return b"".join(self.hashes)

    def append_entry(self, entry: bytes) -> CompactRange:
        """Return the range with one more entry; this one stays as it is."""
        return self.append(leaf_hash(entry))

    def append(self, leaf: bytes) -> CompactRange:
        """Return the range with one more leaf hash."""
        return self.grow(leaf)[0]

    def grow(self, leaf: bytes) -> tuple[CompactRange, tuple[bytes, ...]]:
        """Return the grown range, and the nodes that the leaf completed: the n-th is (level n, index size >> n)."""
        nodes = [leaf]
        hashes, size = self.hashes, self.size
        while size & 1:
            nodes.append(node_hash(hashes[-1], nodes[-1]))
            hashes, size = hashes[:-1], size >> 1
        return CompactRange(self.size + 1, (*hashes, nodes[-1])), tuple(nodes)

    def extend(self, leaves: Iterable[bytes]) -> CompactRange:
        """Return the range with these leaf hashes appended in order."""
        hashes, size = list(self.hashes), self.size
        for leaf in leaves:
            node, at = leaf, size
            while at & 1:
                node, at = node_hash(hashes.pop(), node), at >> 1
            hashes.append(node)
            size += 1
        return CompactRange(size, tuple(hashes))

    def root(self) -> bytes:
        """Return the root hash; of no leaves, SHA-256 of nothing."""
        if not self.hashes:
            return EMPTY_ROOT
        root = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            root = node_hash(left, root)
        return root


def inclusion_proof(index: int, size: int, get: GetNode) -> tuple[bytes, ...]:
    """Return the audit path of leaf `index` in the tree of `size` leaves.

    `get(level, index)` gives full nodes.
    """
    if not 0 <= index < size:
        raise Malformed(f"there is no entry {index} in a tree of {size}")
    return tuple(_path(index, 0, size, get))


def consistency_proof(old: int, new: int, get: GetNode) -> tuple[bytes, ...]:
    """Return the proof that the tree of `new` leaves begins with the tree of `old`.

    Empty if they are equal.
    """
    if not 0 < old <= new:
        raise Malformed(f"there is no consistency proof from {old} to {new} entries")
    return tuple(_subproof(old, 0, new, True, get))


def verify_inclusion(index: int, size: int, leaf: bytes, proof: tuple[bytes, ...], root: bytes) -> None:
    """Check that `leaf` is leaf `index` under `root` (RFC 9162, 2.1.3.2); `IntegrityFailure` if not."""
    _expect(0 <= index < size and all(len(part) == HASH_BYTES for part in proof), "inclusion")
    # Up to the level where the leaf's way meets the tree's right edge each node has a sibling; from there on only
    # the full subtrees to its left are one.
    inner = (index ^ (size - 1)).bit_length()
    _expect(len(proof) == inner + (index >> inner).bit_count(), "inclusion")
    seen = leaf
    for level, part in enumerate(proof):
        seen = node_hash(part, seen) if level >= inner or index >> level & 1 else node_hash(seen, part)
    _expect(seen == root, "inclusion")


def verify_consistency(
    old: int, old_root: bytes, new: int, new_root: bytes, proof: tuple[bytes, ...]
) -> None:
    """Check that the new tree begins with the old one (RFC 9162, 2.1.4.2); `IntegrityFailure` if not."""
    _expect(0 < old <= new and all(len(part) == HASH_BYTES for part in proof), "consistency")
    if old == new:
        _expect(old_root == new_root and not proof, "consistency")
        return
    path = (old_root, *proof) if old & (old - 1) == 0 else proof
    _expect(len(path) > 0, "consistency")
    roots = _roots_of_path(old - 1, new - 1, path)
    _expect(roots == (old_root, new_root), "consistency")


def _roots_of_path(at: int, last: int, path: tuple[bytes, ...]) -> tuple[bytes, bytes]:
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = path[0]
    for part in path[1:]:
        _expect(last > 0, "consistency")
        if at & 1 or at == last:
            old, new = node_hash(part, old), node_hash(part, new)
            at, last = _skip_right_edge(at, last)
        else:
            new = node_hash(new, part)
        at, last = at >> 1, last >> 1
    _expect(last == 0, "consistency")
    return old, new


def _skip_right_edge(at: int, last: int) -> tuple[int, int]:
    while not at & 1 and at:
        at, last = at >> 1, last >> 1
    return at, last


def _expect(holds: bool, proof: str) -> None:
    if not holds:
        raise IntegrityFailure(f"the {proof} proof does not verify")


def _split(size: int) -> int:
    return 1 << ((size - 1).bit_length() - 1)


def _subtree(low: int, high: int, get: GetNode) -> bytes:
    size = high - low
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return get(level, low >> level)
    middle = low + _split(size)
    return node_hash(_subtree(low, middle, get), _subtree(middle, high, get))


def _path(index: int, low: int, high: int, get: GetNode) -> list[bytes]:
    if high - low == 1:
        return []
    middle = low + _split(high - low)
    if index < middle:
        return [*_path(index, low, middle, get), _subtree(middle, high, get)]
    return [*_path(index, middle, high, get), _subtree(low, middle, get)]


def _subproof(old: int, low: int, high: int, whole: bool, get: GetNode) -> list[bytes]:
    if old == high:
        return [] if whole else [_subtree(low, high, get)]
    middle = low + _split(high - low)
    if old <= middle:
        return [*_subproof(old, low, middle, whole, get), _subtree(middle, high, get)]
    return [*_subproof(old, middle, high, False, get), _subtree(low, middle, get)]
