"""A log that grows, forks and is set back at will, and what it asks of a witness."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from pathlib import Path

from spe.audit.checkpoint import Checkpoint, sign_checkpoint
from spe.audit.merkle import CompactRange, consistency_proof, leaf_hash
from spe.crypto.signing import SigningKey, StatementKind
from spe.witness.folder import WitnessFolder
from spe.witness.judge import Witness

KEY = SigningKey(StatementKind.CHECKPOINT, "spe.example", bytes(range(32)))
OTHER = SigningKey(StatementKind.CHECKPOINT, "spe.example", bytes(range(1, 33)))
NAME = "witness.example/w1"


@dataclass
class GrowingLog:
    """Entries under one key; `fork` gives another log of the same key that shares the first entries."""

    leaves: list[bytes] = field(default_factory=list)
    key: SigningKey = KEY

    def grow(self, count: int, mark: str = "") -> GrowingLog:
        first = len(self.leaves)
        self.leaves += [leaf_hash(f"{mark}{index}".encode()) for index in range(first, first + count)]
        return self

    def fork(self, at: int) -> GrowingLog:
        return GrowingLog(self.leaves[:at], self.key)

    def root(self, size: int | None = None) -> bytes:
        return CompactRange().extend(self.leaves[:size]).root()

    def checkpoint(self, size: int | None = None) -> str:
        size = len(self.leaves) if size is None else size
        return sign_checkpoint(Checkpoint(self.key.public.name, size, self.root(size)), self.key)

    def proof(self, old: int, size: int | None = None) -> tuple[bytes, ...]:
        size = len(self.leaves) if size is None else size

        def node(level: int, index: int) -> bytes:
            start = index << level
            return CompactRange().extend(self.leaves[start : start + (1 << level)]).root()

        return consistency_proof(old, size, node) if 0 < old <= size else ()

    def asks(self, old: int, size: int | None = None) -> bytes:
        """Return the honest request for the checkpoint of `size`."""
        return request(old, self.proof(old, size), self.checkpoint(size))


def request(old: int, proof: tuple[bytes, ...], note: str) -> bytes:
    hashes = "".join(f"{base64.b64encode(part).decode()}\n" for part in proof)
    return f"old {old}\n{hashes}\n{note}".encode()


@dataclass
class Hand:
    """The time of a witness, in a test's hand."""

    at: int = 1_700_000_000

    def __call__(self) -> int:
        return self.at


def made(path: Path, *keys: SigningKey) -> WitnessFolder:
    folder = WitnessFolder(path)
    folder.make(NAME, tuple(key.public for key in keys or (KEY,)))
    return folder


def witness(path: Path, now: Hand | None = None) -> Witness:
    """Return a witness over a folder, made before or now."""
    return Witness.of(made(path), now or Hand())
