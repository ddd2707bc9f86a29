"""Finds the first bad entry of an export that failed, as exactly as what was signed allows.

Signed heads say up to which size the entries are right. Between the last head that holds and the first that
doesn't, stored tiles are believed only as far as they fold to a signed root or to a hash already believed:
then the way leads down to the one entry, and otherwise it ends at the smallest subtree that is known to be
wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from spe.audit.verify_folder import WIDTH, ExportFolder, RightEdge, fold, fold_rows
from spe.audit.verify_note import Head


@dataclass(frozen=True, slots=True)
class Finding:
    """The first bad entry is at `index` or after it, but before `before`.

    All entries before `index` are right.
    """

    index: int
    before: int
    what: str


@dataclass(frozen=True, slots=True)
class _Node:
    """A stored hash: the root of the 256^level entries from index * 256^level on."""

    level: int
    index: int
    value: bytes

    @property
    def start(self) -> int:
        return self.index << (8 * self.level)

    @property
    def end(self) -> int:
        return (self.index + 1) << (8 * self.level)


def locate(folder: ExportFolder, heads: list[Head]) -> Finding | None:
    """Return where the folder and its signed heads (ascending, the last of the folder's size) first disagree."""
    verdicts = [(head, root == head.root) for head, root in zip(heads, _roots(folder, heads), strict=True)]
    failed = [head for head, holds in verdicts if not holds]
    if not failed:
        return _first_wrong_leaf(folder) or _first_wrong_tile(folder)
    first = failed[0].size
    good = max((head.size for head, holds in verdicts if holds and head.size < first), default=0)
    if any(holds and head.size >= first for head, holds in verdicts):
        return Finding(good, first, f"the log signed another history at size {first}")
    return _narrow(folder, Finding(good, first, "the entries do not fit the signed root"), failed)


def _roots(folder: ExportFolder, heads: list[Head]) -> Iterator[bytes | None]:
    """Yield the root of the entries at each head's size; None from the first missing entry on."""
    edge, number = RightEdge(), 0
    for head in heads:
        bundles, width = divmod(head.size, WIDTH)
        while number < bundles and len(folder.bundle(number).leaves) == WIDTH:
            edge.add(folder.bundle(number).leaves)
            number += 1
        rest = folder.bundle(number).leaves[:width] if width else []
        yield edge.root(rest) if number == bundles and len(rest) == width else None


def _first_wrong_leaf(folder: ExportFolder) -> Finding | None:
    """Compare stored leaf hashes with entries that are known to be right."""
    for number in range(folder.bundles):
        bundle, base = folder.bundle(number), number * WIDTH
        stored = folder.tile(0, number) or [b""]
        for index, (mine, other) in enumerate(zip(bundle.leaves, stored, strict=False), start=base):
            if mine != other:
                return Finding(index, index + 1, "the stored leaf hash is not the entry's")
        if not bundle.whole:
            end = base + len(bundle.leaves)
            return Finding(end, end + 1, "the bundle's file goes on after its last entry")
    return None


def _first_wrong_tile(folder: ExportFolder) -> Finding | None:
    """Compare stored hashes with their children, from the leaves' parents upwards."""
    for level in range(1, 8):
        for index in range(folder.size >> (8 * level)):
            stored = folder.tile(level, index // WIDTH) or [b""] * WIDTH
            node = _Node(level, index, stored[index % WIDTH])
            if node.value != fold(folder.tile(level - 1, index)):
                return Finding(node.start, node.end, f"the hash stored for them at level {level} is wrong")
    return None


def _narrow(folder: ExportFolder, known: Finding, failed: list[Head]) -> Finding:
    """Go down from the first signed root that the stored tiles still fold to."""
    for head in failed:
        nodes = _stored_edge(folder, head.size)
        rows = [[node.value for node in nodes if node.level == level] for level in range(8)]
        if fold_rows(rows) == head.root:
            wrong = _first_wrong(folder, [node for node in nodes if node.end > known.index])
            return _cut(known, _descend(folder, wrong))
    return known


def _first_wrong(folder: ExportFolder, nodes: list[_Node]) -> _Node:
    return next(node for node in nodes if _of_entries(folder, node.level, node.index) != node.value)


def _cut(known: Finding, found: Finding) -> Finding:
    return Finding(max(known.index, found.index), min(known.before, found.before), found.what)


def _stored_edge(folder: ExportFolder, size: int) -> list[_Node]:
    """Return the stored nodes that together cover `size` leaves, first leaves first."""
    edge: list[_Node] = []
    for level in range(7, -1, -1):
        number, width = divmod(size >> (8 * level), WIDTH)
        stored = folder.tile(level, number)[:width] if width else []
        edge += [_Node(level, number * WIDTH + at, value) for at, value in enumerate(stored)]
    return edge


def _descend(folder: ExportFolder, node: _Node) -> Finding:
    """The entries below `node` do not hash to its value, which is believed: find the first that is wrong."""
    if node.level == 0:
        return Finding(node.index, node.index + 1, "the entry is not the one that was signed")
    children = folder.tile(node.level - 1, node.index)
    if fold(children) != node.value:
        return Finding(node.start, node.end, "entries and their hashes were changed together")
    below = enumerate(children, start=node.index * WIDTH)
    return _descend(folder, _first_wrong(folder, [_Node(node.level - 1, at, child) for at, child in below]))


def _of_entries(folder: ExportFolder, level: int, index: int) -> bytes | None:
    """Return the hash of a full subtree, made from the entries; None when one is missing."""
    if level == 0:
        leaves = folder.bundle(index // WIDTH).leaves
        return leaves[index % WIDTH] if index % WIDTH < len(leaves) else None
    if level == 1:
        leaves = folder.bundle(index).leaves
        return fold(leaves) if len(leaves) == WIDTH else None
    parts = [_of_entries(folder, level - 1, at) for at in range(index * WIDTH, (index + 1) * WIDTH)]
    whole = [part for part in parts if part is not None]
    return fold(whole) if len(whole) == WIDTH else None
