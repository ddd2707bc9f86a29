"""Checks a proof file (C2SP tlog-proof) offline, from the file and the log's public key alone.

Shares no code with what makes proofs.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

from spe.audit.verify_note import Head, read_head, read_log_key
from spe.errors import IntegrityFailure

_HEADER = "c2sp.org/tlog-proof@v1"
_LARGEST = 1 << 18
_MOST_HASHES = 63


@dataclass(frozen=True, slots=True)
class Proved:
    """What a proof shows: `entry` is number `index` of the log `origin`, under the root of `size` entries."""

    origin: str
    index: int
    size: int
    root: bytes
    entry: bytes


def check_proof(data: bytes, key: str) -> Proved:
    """Return what the proof file shows; `IntegrityFailure` says what of it does not hold.

    `key` is the log's `name+hash+base64`; `Malformed` if it isn't one.
    """
    log_key = read_log_key(key)
    _expect(len(data) <= _LARGEST, "it is too large")
    proof, gap, note = data.partition(b"\n\n")
    _expect(gap != b"", "it holds no checkpoint")
    index, entry, hashes = _parts(proof)
    head = read_head(note, log_key, "the proof's checkpoint")
    leaf = hashlib.sha256(b"\x00" + entry).digest()
    _expect(_root(leaf, index, head, hashes) == head.root, f"it does not show entry {index} under the root")
    return Proved(head.origin, index, head.size, head.root, entry)


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
    rest, seen = list(hashes), leaf
    first, last = index, head.size - 1
    while last > 0:
        if first % 2 == 1:
            seen = _node(_next(rest), seen)
        elif first < last:
            seen = _node(seen, _next(rest))
        first, last = first // 2, last // 2
    _expect(not rest, "it has hashes to spare")
    return seen


def _next(rest: list[bytes]) -> bytes:
    _expect(rest != [], "it has too few hashes")
    return rest.pop(0)


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
