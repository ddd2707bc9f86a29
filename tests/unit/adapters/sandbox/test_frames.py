from __future__ import annotations

import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spe.adapters.sandbox import frames


@given(st.lists(st.tuples(st.sampled_from([b"J", b"B", b"D"]), st.binary(max_size=300)), max_size=8))
def test_what_is_sent_is_received(rows: list[tuple[bytes, bytes]]) -> None:
    one, other = socket.socketpair()
    with one, other:
        for kind, payload in rows:
            frames.send(one, kind, payload)
        assert [frames.receive(other) for _ in rows] == rows


@given(st.binary(max_size=40))
def test_a_stream_that_ends_early_or_lies_is_broken(data: bytes) -> None:
    one, other = socket.socketpair()
    with other:
        with one:
            one.sendall(data)
        whole = len(data) >= 5 and struct.unpack(">I", data[1:5])[0] <= len(data) - 5
        if not whole:
            with pytest.raises(frames.BrokenFrame):
                frames.receive(other)


def test_a_frame_over_a_mebibyte_is_refused_before_anything_is_kept() -> None:
    one, other = socket.socketpair()
    with one, other:
        one.sendall(struct.pack(">cI", b"B", frames.MOST + 1))
        with pytest.raises(frames.BrokenFrame):
            frames.receive(other)
