"""Sealed streams: whatever goes in comes out, in constant memory, and only for the right key and owner."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spe.crypto import sealed
from spe.crypto.sealed import BrokenSeal, seal, unseal
from spe.crypto.sealed_files import read_sealed, seal_file, unseal_file, write_sealed
from spe.errors import IntegrityFailure, Malformed, NotFound

KEY = bytes(range(32))
SEGMENT = sealed.SEGMENT_BYTES
EDGES = [0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 2 * SEGMENT, 2 * SEGMENT + 1, 3 * SEGMENT - 1]


def cut(data: bytes, *sizes: int) -> Iterator[bytes]:
    """Yield `data` in pieces of these sizes, over and over."""
    at = 0
    while at < len(data):
        for size in sizes:
            yield data[at : at + size]
            at += size


def content(size: int) -> bytes:
    """Return `size` bytes that do not repeat."""
    return b"".join(number.to_bytes(4, "big") for number in range(size // 4 + 1))[:size]


@pytest.mark.parametrize("size", EDGES)
@pytest.mark.parametrize("pieces", [(SEGMENT,), (SEGMENT + 16,), (1000,), (7, 0, 70_000), (1 << 20,)])
def test_content_of_every_length_comes_back_however_it_arrives(size: int, pieces: tuple[int, ...]) -> None:
    plain = content(size)
    closed = b"".join(seal(cut(plain, *pieces), KEY, b"id"))
    assert len(closed) == sealed.sealed_size(size)
    assert b"".join(unseal(cut(closed, *pieces), KEY, b"id")) == plain


@given(st.binary(max_size=200), st.binary(max_size=20), st.binary(min_size=32, max_size=32))
def test_any_content_comes_back_for_its_key_and_owner_only(plain: bytes, bind: bytes, key: bytes) -> None:
    closed = b"".join(seal([plain], key, bind))
    assert b"".join(unseal([closed], key, bind)) == plain
    for wrong_key, wrong_bind in [(bytes(31) + b"x", bind), (key, bind + b"x")]:
        with pytest.raises(BrokenSeal) as broken:
            b"".join(unseal([closed], wrong_key, wrong_bind))
        assert broken.value.segment is None


@given(st.binary(max_size=300))
def test_any_bytes_are_sealed_data_or_an_integrity_failure(data: bytes) -> None:
    for closed in (data, sealed.MAGIC + data):
        with pytest.raises(IntegrityFailure):
            b"".join(unseal([closed], KEY, b""))


def test_the_same_content_never_looks_the_same() -> None:
    assert b"".join(seal([b"x"], KEY, b"")) != b"".join(seal([b"x"], KEY, b""))


def test_a_key_of_another_size_is_malformed() -> None:
    with pytest.raises(Malformed):
        list(seal([b"x"], b"short", b""))


def test_nothing_of_a_broken_segment_is_given_out() -> None:
    closed = bytearray(b"".join(seal([content(3 * SEGMENT)], KEY, b"id")))
    closed[sealed.HEADER_BYTES + 2 * sealed.SEALED_SEGMENT_BYTES - 1] ^= 1
    given_out: list[bytes] = []
    with pytest.raises(BrokenSeal, match="segment 1") as broken:
        given_out.extend(unseal([bytes(closed)], KEY, b"id"))
    assert broken.value.segment == 1
    assert b"".join(given_out) == content(3 * SEGMENT)[:SEGMENT]


def test_memory_does_not_grow_with_the_content() -> None:
    chunk = bytes(SEGMENT)

    def peak(chunks: int) -> int:
        tracemalloc.start()
        for _ in unseal(seal((chunk for _ in range(chunks)), KEY, b"id"), KEY, b"id"):
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(200) < 1.2 * peak(20) < 3_000_000


def test_files_come_back_and_are_private(tmp_path: Path) -> None:
    plain, closed, opened = tmp_path / "plain", tmp_path / "closed", tmp_path / "opened"
    plain.write_bytes(content(200_000))
    seal_file(plain, closed, KEY, b"id")
    unseal_file(closed, opened, KEY, b"id")
    assert opened.read_bytes() == plain.read_bytes() == b"".join(read_sealed(closed, KEY, b"id"))
    assert closed.stat().st_mode & 0o777 == opened.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["closed", "opened", "plain"]


def test_a_cut_file_leaves_nothing_behind_and_what_was_there_stays(tmp_path: Path) -> None:
    closed, opened = tmp_path / "closed", tmp_path / "opened"
    write_sealed(closed, [content(3 * SEGMENT)], KEY, b"id")
    closed.write_bytes(closed.read_bytes()[: sealed.HEADER_BYTES + 2 * sealed.SEALED_SEGMENT_BYTES])
    opened.write_bytes(b"before")
    with pytest.raises(BrokenSeal, match="segment 1"):
        unseal_file(closed, opened, KEY, b"id")
    assert opened.read_bytes() == b"before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["closed", "opened"]


def test_content_that_fails_to_come_seals_nothing(tmp_path: Path) -> None:
    def failing() -> Iterator[bytes]:
        yield b"x" * 100_000
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        write_sealed(tmp_path / "closed", failing(), KEY, b"id")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        list(read_sealed(tmp_path / "none", KEY, b"id"))
    with pytest.raises(NotFound):
        seal_file(tmp_path / "none", tmp_path / "closed", KEY, b"id")


def test_an_empty_segment_behind_others_is_refused_even_from_the_key_holder() -> None:
    cipher, check, header = sealed._derive(KEY, bytes(32), b"id")
    segments = [(content(SEGMENT), False), (b"", True)]
    pieces = [
        cipher.encrypt(sealed._nonce(n, last), plain, check) for n, (plain, last) in enumerate(segments)
    ]
    with pytest.raises(BrokenSeal, match="segment 1"):
        b"".join(unseal([header, *pieces], KEY, b"id"))
