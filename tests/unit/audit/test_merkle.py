"""The Merkle tree against the shared test tree, and proofs that hold for what they say and for nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spe.audit import merkle
from spe.audit.merkle import (
    CompactRange,
    consistency_proof,
    inclusion_proof,
    verify_consistency,
    verify_inclusion,
)
from spe.errors import IntegrityFailure, Malformed

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "merkle.json").read_text("utf-8"))
ENTRIES = [bytes.fromhex(leaf) for leaf in VECTORS["leaves"]]
ROOTS = [bytes.fromhex(root) for root in VECTORS["roots"]]


class Tree:
    """A whole tree in memory, its nodes collected while it grows."""

    def __init__(self, entries: list[bytes]) -> None:
        self.nodes: dict[tuple[int, int], bytes] = {}
        self.range = CompactRange()
        self.roots = [self.range.root()]
        for entry in entries:
            size = self.range.size
            self.range, nodes = self.range.grow(merkle.leaf_hash(entry))
            self.nodes |= {(level, size >> level): node for level, node in enumerate(nodes)}
            self.roots.append(self.range.root())

    def get(self, level: int, index: int) -> bytes:
        """Return a full node."""
        return self.nodes[level, index]


BIG = Tree([str(number).encode() for number in range(300)])


def test_roots_are_those_of_the_shared_test_tree() -> None:
    assert Tree(ENTRIES).roots == ROOTS


@pytest.mark.parametrize(("index", "size", "proof"), VECTORS["inclusion"])
def test_inclusion_proofs_are_those_of_the_definition(index: int, size: int, proof: list[str]) -> None:
    made = inclusion_proof(index, size, Tree(ENTRIES).get)
    assert [part.hex() for part in made] == proof
    verify_inclusion(index, size, merkle.leaf_hash(ENTRIES[index]), made, ROOTS[size])


@pytest.mark.parametrize(("old", "new", "proof"), VECTORS["consistency"])
def test_consistency_proofs_are_those_of_the_definition(old: int, new: int, proof: list[str]) -> None:
    made = consistency_proof(old, new, Tree(ENTRIES).get)
    assert [part.hex() for part in made] == proof
    verify_consistency(old, ROOTS[old], new, ROOTS[new], made)


@given(st.data())
def test_an_inclusion_proof_holds_for_its_leaf_and_place_only(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 300))
    index, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, size, BIG.get)
    leaf = BIG.get(0, index)
    verify_inclusion(index, size, leaf, proof, BIG.roots[size])
    wrong = [(other, leaf, proof)] if other != index else []
    wrong += [(index, BIG.get(0, other), proof)] if other != index else []
    wrong += [(index, leaf, (*proof, leaf)), (index, leaf, proof[:-1])] if proof else [(index, leaf, (leaf,))]
    for at, seen, path in wrong:
        with pytest.raises(IntegrityFailure):
            verify_inclusion(at, size, seen, path, BIG.roots[size])


@given(st.data())
def test_a_consistency_proof_holds_for_its_two_roots_only(data: st.DataObject) -> None:
    new = data.draw(st.integers(1, 300))
    old = data.draw(st.integers(1, new))
    proof = consistency_proof(old, new, BIG.get)
    verify_consistency(old, BIG.roots[old], new, BIG.roots[new], proof)
    for old_root, new_root, path in [
        (BIG.roots[old - 1], BIG.roots[new], proof),
        (BIG.roots[old], BIG.roots[new - 1], proof),
        (BIG.roots[old], BIG.roots[new], (*proof, bytes(32))),
    ]:
        with pytest.raises(IntegrityFailure):
            verify_consistency(old, old_root, new, new_root, path)


@given(st.data())
def test_every_flipped_bit_of_a_proof_is_found(data: st.DataObject) -> None:
    index = data.draw(st.integers(0, 299))
    proof = list(inclusion_proof(index, 300, BIG.get))
    part, bit = data.draw(st.integers(0, len(proof) - 1)), data.draw(st.integers(0, 255))
    proof[part] = (int.from_bytes(proof[part], "big") ^ 1 << bit).to_bytes(32, "big")
    with pytest.raises(IntegrityFailure):
        verify_inclusion(index, 300, BIG.get(0, index), tuple(proof), BIG.roots[300])


@given(st.integers(0, 300), st.integers(0, 300))
def test_a_range_continues_from_its_stored_state(first: int, second: int) -> None:
    leaves = [BIG.get(0, index) for index in range(300)]
    early, late = sorted((first, second))
    early_range = CompactRange().extend(leaves[:early])
    stored = CompactRange.parse(early, early_range.serialise())
    assert stored == early_range
    assert stored.extend(leaves[early:late]).root() == BIG.roots[late]


def test_a_leaf_that_looks_like_a_node_has_another_hash() -> None:
    left, right = BIG.get(0, 0), BIG.get(0, 1)
    assert merkle.leaf_hash(left + right) != merkle.node_hash(left, right)
    assert merkle.leaf_hash(b"\x01" + left + right) != merkle.node_hash(left, right)


def test_appending_leaves_the_old_range_as_it_was() -> None:
    before = CompactRange()
    assert before.append_entry(b"x").size == 1
    assert before == CompactRange()


@pytest.mark.parametrize(
    ("size", "data"), [(1, b""), (0, bytes(32)), (3, bytes(32)), (-1, b""), (1, bytes(31))]
)
def test_a_state_that_does_not_fit_its_size_is_an_integrity_failure(size: int, data: bytes) -> None:
    with pytest.raises(IntegrityFailure):
        CompactRange.parse(size, data)


def test_proofs_outside_the_tree_are_refused() -> None:
    for index, size in [(0, 0), (5, 5), (-1, 5)]:
        with pytest.raises(Malformed):
            inclusion_proof(index, size, BIG.get)
        with pytest.raises(IntegrityFailure):
            verify_inclusion(index, size, bytes(32), (), bytes(32))
    for old, new in [(0, 5), (6, 5), (-1, 5)]:
        with pytest.raises(Malformed):
            consistency_proof(old, new, BIG.get)
        with pytest.raises(IntegrityFailure):
            verify_consistency(old, bytes(32), new, bytes(32), (bytes(32),))


def test_a_proof_does_not_hold_for_another_size_even_with_the_right_roots() -> None:
    with pytest.raises(IntegrityFailure):
        verify_inclusion(0, 5, BIG.get(0, 0), inclusion_proof(0, 4, BIG.get), BIG.roots[4])
    with pytest.raises(IntegrityFailure):
        verify_consistency(2, BIG.roots[2], 5, BIG.roots[4], consistency_proof(2, 4, BIG.get))
