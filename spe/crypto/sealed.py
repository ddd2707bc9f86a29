"""Sealed streams: AES-256-GCM in segments of 64 KiB, of any length in constant memory.

Version 1 is a header of 72 bytes (magic with version 8, salt 32, key check 32), then segments of at most
65,536 bytes, each followed by its tag of 16. The nonce is the segment's number (11 bytes) and 1 for the last
segment, else 0: the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár, CRYPTO 2015). Every file has
its own key, HKDF of the given key and the salt; the key check is an HMAC of header and binding, so a header
opens with one key only.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Iterable, Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from spe.errors import IntegrityFailure, Malformed

MAGIC = b"SPESEAL\x01"
SEGMENT_BYTES = 1 << 16
TAG_BYTES = 16
HEADER_BYTES = 72
SEALED_SEGMENT_BYTES = SEGMENT_BYTES + TAG_BYTES
_INFO = b"spe sealed stream 1"
_SALT_BYTES = 32


class BrokenSeal(IntegrityFailure):
    """A sealed stream is not what was sealed; `segment` counts from 0, None stands for the header."""

    def __init__(self, segment: int | None, reason: str) -> None:
        place = "header" if segment is None else f"segment {segment}"
        super().__init__(f"sealed data, {place}: {reason}")
        self.segment = segment


def seal(chunks: Iterable[bytes], key: bytes, bind: bytes) -> Iterator[bytes]:
    """Yield the sealed form of the joined chunks: the header, then one piece per segment.

    `key` has 32 bytes; `bind` says what the content belongs to, is not stored, and is needed again to unseal.
    """
    salt = os.urandom(_SALT_BYTES)
    cipher, check, header = _derive(key, salt, bind)
    yield header
    for number, (segment, last) in enumerate(_regroup(chunks, SEGMENT_BYTES)):
        yield cipher.encrypt(_nonce(number, last), segment, check)


def unseal(chunks: Iterable[bytes], key: bytes, bind: bytes) -> Iterator[bytes]:
    """Yield the content segment by segment, each after its tag was checked.

    The content is whole only when the iterator ends without an error: a cut shows at the end. `BrokenSeal`
    names the segment for a flipped bit, a cut, a dropped, repeated, swapped or added segment, and the header
    for another key, another binding or another header.
    """
    head, rest = _take_header(chunks)
    cipher, check, header = _derive(key, head[8 : 8 + _SALT_BYTES], bind)
    if not hmac.compare_digest(head, header):
        raise BrokenSeal(None, "another key, another binding, or an altered header")
    for number, (segment, last) in enumerate(_regroup(rest, SEALED_SEGMENT_BYTES)):
        yield _open(cipher, number, last, segment, check)


def sealed_size(size: int) -> int:
    """Return the length in bytes of the sealed form of `size` bytes."""
    return HEADER_BYTES + size + TAG_BYTES * max(1, -(-size // SEGMENT_BYTES))


def _derive(key: bytes, salt: bytes, bind: bytes) -> tuple[AESGCM, bytes, bytes]:
    if len(key) != 32:
        raise Malformed("a sealing key has 32 bytes")
    material = HKDF(SHA256(), 64, salt, _INFO).derive(key)
    check = hmac.digest(material[32:], MAGIC + salt + bind, "sha256")
    return AESGCM(material[:32]), check, MAGIC + salt + check


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if last else b"\x00")


def _open(cipher: AESGCM, number: int, last: bool, segment: bytes | bytearray, check: bytes) -> bytes:
    if len(segment) < TAG_BYTES or (number > 0 and len(segment) == TAG_BYTES):
        raise BrokenSeal(number, "cut short")
    try:
        return cipher.decrypt(_nonce(number, last), segment, check)
    except InvalidTag:
        raise BrokenSeal(number, "altered, moved, or not where the content ended") from None


def _take_header(chunks: Iterable[bytes]) -> tuple[bytes, Iterator[bytes]]:
    rest = iter(chunks)
    head = b""
    for chunk in rest:
        head += chunk
        if len(head) >= HEADER_BYTES:
            break
    if len(head) < HEADER_BYTES or not head.startswith(MAGIC):
        raise BrokenSeal(None, "not a sealed file of version 1")
    return head[:HEADER_BYTES], _prepend(head[HEADER_BYTES:], rest)


def _prepend(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _regroup(chunks: Iterable[bytes], size: int) -> Iterator[tuple[bytes | bytearray, bool]]:
    """Cut the joined chunks into pieces of `size`, the last shorter or full and marked.

    No bytes make one empty piece.
    """
    held: bytes | bytearray = b""
    for chunk in chunks:
        if len(held) == size and chunk:
            yield held, False
            held = b""
        # Chunks that arrive in the right size pass through without being copied.
        if len(held) == 0:
            held = chunk
        else:
            held = held if isinstance(held, bytearray) else bytearray(held)
            held += chunk
        if len(held) > size:
            whole = (len(held) - 1) // size * size
            for start in range(0, whole, size):
                yield bytes(held[start : start + size]), False
            held = held[whole:]
    yield held, True
