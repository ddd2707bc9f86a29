"""Checks a proof file (C2SP tlog-proof) offline, from the file and the log's public key alone.

Shares no code with what makes proofs.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from spe.audit.verify_note import (
    Cosigned,
    Head,
    read_cosignature,
    read_head,
    read_log_key,
    read_witness_key,
)
from spe.errors import IntegrityFailure

_HEADER = "c2sp.org/tlog-proof@v1"
_LARGEST = 1 << 18
_WHERE = "the proof's checkpoint"
_MOST_HASHES = 63


@dataclass(frozen=True, slots=True)
class Proved:
    """What a proof shows: `entry` is number `index` of the log `origin`, under the root of `size` entries.

    `cosigned`: which of the witnesses that were asked about saw that root, and when.
    """

    origin: str
    index: int
    size: int
    root: bytes
    entry: bytes
    cosigned: tuple[Cosigned, ...] = ()


def check_proof(data: bytes, key: str, witnesses: Sequence[str] = ()) -> Proved:
    """Return what the proof file shows; `IntegrityFailure` says what of it does not hold.

    `key` is the log's `name+hash+base64`, each of `witnesses` that of one who must have cosigned; `Malformed` if it
    isn't one.
    """
    log_key, witness_keys = read_log_key(key), [read_witness_key(witness) for witness in witnesses]
    _expect(len(data) <= _LARGEST, "it is too large")
    proof, gap, note = data.partition(b"\n\n")
    _expect(gap != b"", "it holds no checkpoint")
    index, entry, hashes = _parts(proof)
    head = read_head(note, log_key, _WHERE)
    cosigned = tuple(read_cosignature(note, witness, _WHERE) for witness in witness_keys)
    leaf = hashlib.sha256(b"\x00" + entry).digest()
    _expect(_root(leaf, index, head, hashes) == head.root, f"it does not show entry {index} under the root")
    return Proved(head.origin, index, head.size, head.root, entry, cosigned)


def _parts(proof: bytes) -> tuple[int, bytes, list[bytes]]:
    try:
        lines = proof.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise IntegrityFailure("the proof can't be used: it is not text") from None
    _expect(len(lines) >= 3 and lines[0] == _HEADER, "it is no tlog-proof of version 1")
    _expect(lines[1].startswith("extra ") and lines[2].startswith("index "), "it lacks entry or index")
    number = lines[2].removeprefix("index ")
    _expect(number.isdecimal() and len(number) < 20 and str(int(number)) == number, "its index is no number")
    _expect(len(lines) - 3 <= _MOST_HASHES, "it has too many hashes")
    hashes = [_base64(line) for line in lines[3:]]
    _expect(all(len(one) == 32 for one in hashes), "a hash has not 32 bytes")
    return int(number), _base64(lines[1].removeprefix("extra ")), hashes


def _root(leaf: bytes, index: int, head: Head, hashes: list[bytes]) -> bytes:
    """Return the root that the path leads to, from the leaf up (RFC 6962, 2.1.1).

    The subtree of 2^n leaves that holds the index has a left neighbour where bit n of the index is set, and a right
    one where leaves are left on that side; at a level with neither, nothing is hashed.
    """
    _expect(index < head.size, "its index is beyond the log")
    rest, seen = iter(hashes), leaf
    first, last = index, head.size - 1
    try:
        while last > 0:
            if first & 1:
                seen = _node(next(rest), seen)
            elif first < last:
                seen = _node(seen, next(rest))
            first, last = first >> 1, last >> 1
    except StopIteration:
        raise IntegrityFailure("the proof can't be used: it has too few hashes") from None
    _expect(next(rest, None) is None, "it has hashes to spare")
    return seen


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _base64(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    _expect(base64.b64encode(data).decode() == text, "a line is not base64")
    return data


def _expect(holds: bool, what: str) -> None:
    if not holds:
        raise IntegrityFailure(f"the proof can't be used: {what}")
