"""How far witnesses vouch for the log: what they answer, and whether enough of them cosigned what is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from spe.audit.checkpoint import Checkpoint, open_checkpoint
from spe.audit.cover import CheckpointStates, signed_rows
from spe.audit.tiles import rows_at
from spe.crypto.cosignature import WitnessKey, cosigned_at
from spe.crypto.note import PublicKey, split_note
from spe.errors import IntegrityFailure, Malformed


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A witness' answer: signature lines, said to be under the checkpoint that it was asked about."""

    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Knows:
    """A witness' answer: the last checkpoint it cosigned is of this size."""

    size: int


@dataclass(frozen=True, slots=True)
class Refused:
    """A witness' answer: no, by this HTTP status."""

    status: int


Answer = Cosigned | Knows | Refused


class AskedWitness(Protocol):
    """A witness that can be asked."""

    @property
    def key(self) -> WitnessKey:
        """The key that its cosignatures are made with."""
        ...

    def ask(self, old: int, proof: Sequence[bytes], note: str) -> Answer:
        """Return what it says to the checkpoint `note`, which continues that of size `old`; `Unreachable` otherwise."""
        ...

    def close(self) -> None:
        """Give up what is held to reach it."""
        ...


@dataclass(frozen=True, slots=True)
class Witnessed:
    """A checkpoint of `size` entries as it is stored, and one witness' line under it."""

    size: int
    note: str
    line: str


class CosignedLog(CheckpointStates, Protocol):
    """The log with what witnesses said of it."""

    def cosigned_from(self, size: int) -> tuple[Witnessed, ...]:
        """Return cosignatures of checkpoints over at least `size` entries, those of the newest first."""
        ...


@dataclass(frozen=True, slots=True)
class WitnessQuorum:
    """`needed` of the witnesses `keys` must have cosigned a checkpoint over what is to be covered.

    Each may have cosigned another checkpoint, as long as it covers that: every witness holds the log to one history.
    What stands in the database counts as far as signatures of log and witness hold, and the entries are those signed.
    """

    log: CosignedLog
    key: PublicKey
    keys: tuple[WitnessKey, ...]
    needed: int

    def reached(self, size: int) -> int | None:
        """Return up to which size, at least `size`, enough witnesses vouch for the log; None where they don't."""
        seen: dict[bytes, Checkpoint] = {}
        for one in self.log.cosigned_from(size):
            for key in self.keys:
                # A cosignature doesn't say its witness' name: one key under two names is one witness.
                if key.raw not in seen and cosigns(one.note, one.line, key):
                    seen[key.raw] = self._opened(one)
        vouched = sorted(seen.values(), key=lambda head: head.size, reverse=True)[: self.needed]
        if len(vouched) < self.needed:
            return None
        self._hold(vouched)
        return vouched[-1].size

    def _opened(self, one: Witnessed) -> Checkpoint:
        try:
            head = open_checkpoint(one.note, self.key)
        except Malformed as cause:
            raise IntegrityFailure("what a witness cosigned is no checkpoint of this log") from cause
        if head.size != one.size:
            raise IntegrityFailure(f"a checkpoint of {head.size} entries stands as one of {one.size}")
        return head

    def _hold(self, heads: list[Checkpoint]) -> None:
        """Hold what is stored to the newest signature and to every head that is relied on."""
        signed_rows(self.log, self.key)
        for head in set(heads):
            if rows_at(self.log, head.size).range().root() != head.root:
                raise IntegrityFailure(
                    f"the log's entries before {head.size} are not those that were cosigned"
                )


def cosigns(note: str, line: str, key: WitnessKey) -> bool:
    """Say whether `line` is `key`'s cosignature of the checkpoint `note`; a malformed one is none."""
    try:
        return cosigned_at(split_note(note)[0], (line,), key) is not None
    except IntegrityFailure:
        return False
