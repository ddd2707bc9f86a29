"""Proofs out of the stored log: that an entry is in it, and that a log continues an earlier one (C2SP tlog-proof)."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Protocol

from spe.audit.checkpoint import parse_body
from spe.audit.cosigned import Witnessed
from spe.audit.merkle import consistency_proof, inclusion_proof, leaf_hash, verify_inclusion
from spe.audit.nodes import Nodes
from spe.audit.tiles import StoredTiles
from spe.crypto.note import signers
from spe.errors import IntegrityFailure, NotFound

HEADER = "c2sp.org/tlog-proof@v1"


class SignedLog(StoredTiles, Protocol):
    """A log with its signed checkpoints."""

    def latest_checkpoint(self) -> tuple[int, str] | None:
        """Return the newest checkpoint."""
        ...

    def cosigned_from(self, size: int) -> tuple[Witnessed, ...]:
        """Return cosignatures of checkpoints over at least `size` entries, those of the newest first."""
        ...


def newest(log: SignedLog, since: int) -> tuple[int, str]:
    """Return size and note of the checkpoint over at least `since` entries that most witnesses cosigned, with their lines.

    Of two the newer; without any cosignature the newest there is; never one that only a former key of the log signed.
    `NotFound` where nothing is signed.
    """
    latest = log.latest_checkpoint()
    if latest is None:
        raise NotFound("nothing of the log is signed yet")
    lines: dict[tuple[int, str], list[str]] = {latest: []}
    for one in log.cosigned_from(since):
        if _signers(one.note) & _signers(latest[1]):
            lines.setdefault((one.size, one.note), []).append(one.line)
    size, note = max(lines, key=lambda head: (len(lines[head]), head[0]))
    return size, note + "".join(lines[size, note])


def _signers(note: str) -> frozenset[tuple[str, bytes]]:
    try:
        return signers(note)
    except IntegrityFailure:
        return frozenset()


def proof_text(log: SignedLog, index: int) -> str:
    """Return the proof that entry `index` is under the newest checkpoint, the entry itself in its `extra` line.

    `NotFound`: no such entry is signed yet. `IntegrityFailure`: what the log stores does not lead to the signed root.
    """
    size, note = newest(log, index + 1)
    if not 0 <= index < size:
        raise NotFound(f"no entry {index} is under the newest checkpoint, which covers {size}")
    entry = next((raw for _, raw in log.entries(index, index + 1)), None)
    if entry is None:
        raise IntegrityFailure(f"entry {index} is missing")
    hashes = inclusion_proof(index, size, Nodes(log, size).get)
    signed = parse_body(note.partition("\n\n")[0] + "\n")
    verify_inclusion(index, size, leaf_hash(entry), hashes, signed.root)
    return written(index, entry, hashes, note)


def written(index: int, entry: bytes, hashes: Sequence[bytes], note: str) -> str:
    """Return a proof as text that anybody can keep, send and check."""
    lines = [HEADER, f"extra {_base64(entry)}", f"index {index}", *(_base64(one) for one in hashes), "", note]
    return "\n".join(lines)


def consistency(log: SignedLog, old: int, new: int) -> tuple[str, ...]:
    """Return the hashes, in base64, that prove a log of `new` entries to begin with one of `old`.

    `Malformed` unless 0 < old <= new; `NotFound` where less than `new` is signed.
    """
    size, _ = log.latest_checkpoint() or (0, "")
    if new > size:
        raise NotFound(f"the newest checkpoint covers {size} entries")
    return tuple(_base64(one) for one in consistency_proof(old, new, Nodes(log, new).get))


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
