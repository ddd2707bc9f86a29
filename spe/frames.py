"""Messages between a process and its engine, a child: a word of one byte, then parts of bytes, each after its length."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import IO

from spe.errors import Unreachable

LARGEST = 1 << 30
MOST = 1 << 16
_HEAD, _LENGTH = struct.Struct("<BI"), struct.Struct("<Q")


def write(stream: IO[bytes], word: int, parts: Sequence[bytes]) -> None:
    """Write one message."""
    stream.write(_HEAD.pack(word, len(parts)))
    for part in parts:
        stream.write(_LENGTH.pack(len(part)))
        stream.write(part)
    stream.flush()


def read(stream: IO[bytes], largest: int = LARGEST) -> tuple[int, list[bytes]] | None:
    """Return the next message, None at the end; `Unreachable` for one that is cut, or has a part over `largest` bytes."""
    head = stream.read(_HEAD.size)
    if not head:
        return None
    word, count = _HEAD.unpack(_whole(head, _HEAD.size))
    if count > MOST:
        raise Unreachable("a message of the engine has too many parts")
    return word, [_part(stream, largest) for _ in range(count)]


def _part(stream: IO[bytes], largest: int) -> bytes:
    (length,) = _LENGTH.unpack(_whole(stream.read(_LENGTH.size), _LENGTH.size))
    if length > largest:
        raise Unreachable("a message of the engine is too large")
    return _whole(stream.read(length), length)


def _whole(data: bytes, length: int) -> bytes:
    if len(data) != length:
        raise Unreachable("a message of the engine is cut short")
    return data
