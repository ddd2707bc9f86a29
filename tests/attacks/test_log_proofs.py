"""Proofs that are not quite right: of tens of thousands of changed ones none is accepted.

Both checkers are asked: the one that the log uses itself (`merkle`), and the offline one, which shares no code with it.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator

import pytest

from spe.audit.checkpoint import Checkpoint, sign_checkpoint
from spe.audit.merkle import (
    CompactRange,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)
from spe.audit.nodes import Nodes
from spe.audit.proof import written
from spe.audit.verify_proof import check_proof
from spe.errors import IntegrityFailure
from tests.unit.audit.signed_log import KEY, VKEY, entry
from tests.unit.audit.stored_tiles import MemoryTiles

SIZES = [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 255, 256, 257, 511, 512, 513]
ENTRIES = [entry(number) for number in range(max(SIZES))]
LOG = MemoryTiles(ENTRIES)
Hashes = tuple[bytes, ...]


def roots() -> list[bytes]:
    tree, found = CompactRange(), [CompactRange().root()]
    for one in ENTRIES:
        tree = tree.append_entry(one)
        found.append(tree.root())
    return found


ROOTS = roots()


def changed(proof: Hashes, dice: random.Random) -> Iterator[Hashes]:
    """Yield the proof truncated, extended, with a bit flipped, swapped, and with hashes of another length."""
    for at in range(len(proof)):
        yield proof[:at] + proof[at + 1 :]
        yield (*proof[:at], proof[at], *proof[at:])
        flipped = bytearray(proof[at])
        flipped[dice.randrange(32)] ^= 1 << dice.randrange(8)
        yield (*proof[:at], bytes(flipped), *proof[at + 1 :])
        yield (*proof[:at], proof[at][:31], *proof[at + 1 :])
        if at and proof[at] != proof[at - 1]:
            yield (*proof[: at - 1], proof[at], proof[at - 1], *proof[at + 1 :])
    yield (*proof, bytes(32))
    yield (*proof, ROOTS[1])


def file_of(index: int, size: int, proof: Hashes, data: bytes = b"") -> bytes:
    note = sign_checkpoint(Checkpoint(KEY.public.name, size, ROOTS[size]), KEY)
    return written(index, data or ENTRIES[index], proof, note).encode()


@pytest.mark.parametrize("size", SIZES)
def test_no_changed_inclusion_proof_is_accepted_by_either_checker(size: int) -> None:
    dice, accepted, tried = random.Random(size), 0, 0
    for index in range(size) if size < 66 else dice.sample(range(size), 40):
        proof = inclusion_proof(index, size, Nodes(LOG, size).get)
        verify_inclusion(index, size, leaf_hash(ENTRIES[index]), proof, ROOTS[size])
        assert check_proof(file_of(index, size, proof), VKEY).index == index
        others = [(other, size) for other in {index - 1, index + 1, index ^ 1, size} - {index} if other >= 0]
        tries = [(index, size, one) for one in changed(proof, dice)]
        tries += [(other, of, proof) for other, of in others]
        for at, of, one in tries:
            tried += 2
            accepted += _holds(at, of, one, leaf_hash(ENTRIES[index]))
            accepted += _is_proved(file_of(at, of, one, ENTRIES[index]))
    assert (accepted, tried > size) == (0, True)


@pytest.mark.parametrize("new", SIZES)
def test_no_changed_consistency_proof_is_accepted(new: int) -> None:
    dice, accepted = random.Random(new), 0
    for old in (size for size in SIZES if size <= new):
        proof = consistency_proof(old, new, Nodes(LOG, new).get)
        verify_consistency(old, ROOTS[old], new, ROOTS[new], proof)
        for one in changed(proof, dice):
            accepted += _continues(old, ROOTS[old], new, one)
        accepted += _continues(old, ROOTS[old - 1], new, proof)
        accepted += sum(_continues(other, ROOTS[old], new, proof) for other in (0, old - 1, old + 1))
    assert accepted == 0


def test_an_inner_node_never_passes_for_an_entry() -> None:
    left, right = (leaf_hash(one) for one in ENTRIES[:2])
    node = ENTRIES[0], left + right, b"\x01" + left + right
    assert not any(_holds(0, 1, (), leaf_hash(one)) for one in node[1:])
    assert not any(_is_proved(file_of(0, 2, (), one)) for one in node[1:])


def test_no_changed_byte_of_a_proof_file_is_accepted() -> None:
    proof = inclusion_proof(5, 9, Nodes(LOG, 9).get)
    good, dice = file_of(5, 9, proof), random.Random(9)
    assert check_proof(good, VKEY).entry == ENTRIES[5]
    for at in range(len(good)):
        data = bytearray(good)
        data[at] ^= 1 << dice.randrange(8)
        assert not _is_proved(bytes(data)), at
        assert not _is_proved(good[:at]), at


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("index 5", "index 05"),
        ("index 5", "index +5"),
        ("index 5", "index \u0665"),
        ("index 5", f"index {5 + 2**64}"),
        ("index 5", "index 5\n"),
        ("index 5", "index 5\r"),
        ("@v1", "@v2"),
        ("extra ", "extra  "),
    ],
)
def test_a_proof_has_one_spelling(old: str, new: str) -> None:
    text = file_of(5, 9, inclusion_proof(5, 9, Nodes(LOG, 9).get)).decode()
    assert not _is_proved(text.replace(old, new, 1).encode())


def test_a_proof_that_is_huge_or_of_another_log_is_refused() -> None:
    good = file_of(5, 9, inclusion_proof(5, 9, Nodes(LOG, 9).get))
    hashes = b"\n".join(base64.b64encode(bytes(32)) for _ in range(100_000))
    assert not _is_proved(good.replace(b"\n\n", b"\n" + hashes + b"\n\n", 1))
    other = good.replace(b"spe.example", b"spe.another")
    assert not _is_proved(other)


def _holds(index: int, size: int, proof: Hashes, leaf: bytes) -> bool:
    try:
        verify_inclusion(index, size, leaf, proof, ROOTS[size])
    except IntegrityFailure:
        return False
    return True


def _continues(old: int, old_root: bytes, new: int, proof: Hashes) -> bool:
    try:
        verify_consistency(old, old_root, new, ROOTS[new], proof)
    except IntegrityFailure:
        return False
    return True


def _is_proved(data: bytes) -> bool:
    try:
        check_proof(data, VKEY)
    except IntegrityFailure:
        return False
    return True
