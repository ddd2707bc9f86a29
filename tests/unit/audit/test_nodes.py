"""Proofs made from stored tiles are those of the whole tree, and a cold one reads next to nothing."""

from __future__ import annotations

import pytest

from spe.audit.merkle import (
    CompactRange,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)
from spe.audit.nodes import Nodes
from spe.errors import IntegrityFailure
from tests.unit.audit.stored_tiles import MemoryTiles, SameEntryTiles, same_entry_root

ENTRIES = [b'{"n":%d}' % number for number in range(66_000)]
LOG = MemoryTiles(ENTRIES)
SIZES = [1, 2, 255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 66_000]


@pytest.fixture(scope="module")
def roots() -> dict[int, bytes]:
    """Return the root at each of the sizes."""
    tree, found = CompactRange(), {}
    for entry in ENTRIES:
        tree = tree.append_entry(entry)
        if tree.size in SIZES:
            found[tree.size] = tree.root()
    return found


@pytest.mark.parametrize("size", SIZES)
def test_inclusion_proofs_from_tiles_hold_at_every_kind_of_edge(size: int, roots: dict[int, bytes]) -> None:
    for index in {0, 1, 255, 256, size // 2, size - 257, size - 256, size - 2, size - 1} & set(range(size)):
        proof = inclusion_proof(index, size, Nodes(LOG, size).get)
        verify_inclusion(index, size, leaf_hash(ENTRIES[index]), proof, roots[size])


@pytest.mark.parametrize("new", SIZES)
def test_consistency_proofs_from_tiles_hold_between_all_sizes(new: int, roots: dict[int, bytes]) -> None:
    for old in (size for size in SIZES if size <= new):
        proof = consistency_proof(old, new, Nodes(LOG, new).get)
        verify_consistency(old, roots[old], new, roots[new], proof)


@pytest.mark.parametrize("index", [0, 255, 256, 65_536, 9_999_999, 2**24 - 1])
def test_a_cold_proof_at_16_777_216_entries_reads_three_tiles(index: int) -> None:
    log, size = SameEntryTiles(), 2**24
    proof = inclusion_proof(index, size, Nodes(log, size).get)
    verify_inclusion(index, size, leaf_hash(log.ENTRY), proof, same_entry_root(size))
    assert len(proof) == 24
    assert log.reads == [f"tile {level}/{index >> 8 * (level + 1)}" for level in range(3)]


@pytest.mark.parametrize("size", [2**24 - 1, 2**24 + 1, 16_700_000, 16_711_680])
@pytest.mark.parametrize("index", [0, 65_536, 9_999_999, 16_699_999])
def test_off_the_powers_of_two_too_and_the_right_edge_costs_one_short_read_a_level(
    size: int, index: int
) -> None:
    log = SameEntryTiles()
    proof = inclusion_proof(index, size, Nodes(log, size).get)
    verify_inclusion(index, size, leaf_hash(log.ENTRY), proof, same_entry_root(size))
    assert sum(read.startswith("tile") for read in log.reads) <= 3
    assert sum(read.startswith("entries") for read in log.reads) <= 1
    assert len(set(log.reads)) == len(log.reads) <= 6


def test_what_the_log_lacks_is_an_integrity_failure_and_never_a_guess() -> None:
    for missing in [(0, 0), (1, 0)]:
        log = MemoryTiles(ENTRIES)
        del log.tiles[missing]
        with pytest.raises(IntegrityFailure, match="missing or cut short"):
            inclusion_proof(3, 66_000, Nodes(log, 66_000).get)
    cut = MemoryTiles(ENTRIES[:600])
    with pytest.raises(IntegrityFailure, match="missing or cut short"):
        inclusion_proof(0, 66_000, Nodes(cut, 66_000).get)


def test_a_tile_cut_inside_a_hash_is_not_used() -> None:
    log = MemoryTiles(ENTRIES[:300])
    log.tiles[0, 0] = log.tiles[0, 0][:-31]
    with pytest.raises(IntegrityFailure):
        inclusion_proof(254, 300, Nodes(log, 300).get)
