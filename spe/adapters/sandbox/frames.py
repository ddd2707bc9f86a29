"""Frames between worker and supervisor: one byte of kind, four of length (big-endian), then at most one mebibyte."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable

PREPARE, JOB, BYTES, OUTPUT, STDOUT, STDERR, DONE, FAILURE = b"P", b"J", b"B", b"O", b"T", b"E", b"D", b"X"
MOST = 1 << 20
_SMALL = 1 << 16
_HEAD = struct.Struct(">cI")


class BrokenFrame(Exception):
    """The other side ended, or what it sent is no frame; never leaves this package."""


def send(channel: socket.socket, kind: bytes, payload: bytes | memoryview) -> None:
    """Send one frame; raises `OSError` when the other side is gone."""
    head = _HEAD.pack(kind, len(payload))
    if len(payload) <= _SMALL:
        channel.sendall(head + payload)
        return
    channel.sendall(head)
    channel.sendall(payload)


def send_together(channel: socket.socket, rows: Iterable[tuple[bytes, bytes]]) -> None:
    """Send some small frames at once, so that the other side wakes once; raises `OSError` when it is gone."""
    channel.sendall(b"".join(_HEAD.pack(kind, len(payload)) + payload for kind, payload in rows))


def receive(channel: socket.socket) -> tuple[bytes, bytes]:
    """Return kind and payload of the next frame; raises `BrokenFrame` at the end or for a length over the bound."""
    kind, length = _HEAD.unpack(exactly(channel, _HEAD.size))
    if length > MOST:
        raise BrokenFrame("a frame is longer than one mebibyte")
    return kind, exactly(channel, length)


def exactly(channel: socket.socket, size: int) -> bytes:
    """Return the next `size` bytes; raises `BrokenFrame` when the stream ends before."""
    buffer = bytearray(size)
    view, filled = memoryview(buffer), 0
    while filled < size:
        got = channel.recv_into(view[filled:])
        if got == 0:
            raise BrokenFrame("the other side closed")
        filled += got
    return bytes(buffer)
