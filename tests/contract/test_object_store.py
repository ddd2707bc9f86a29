"""What every store of sealed objects promises: in memory, in a folder, and in a bucket of a server that speaks S3."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from spe.adapters.object_folder import FolderStore
from spe.adapters.s3_store import S3Store
from spe.crypto.object_store import ObjectStore
from spe.errors import IntegrityFailure, NotFound
from tests.fakes import MemoryObjects

if TYPE_CHECKING:
    from tests.services.s3_server import S3Server

PART = 5 << 20
LABEL, OTHER = "a" * 64, "b" * 64
LARGE = secrets.token_bytes(1 << 20)


@pytest.fixture(params=["memory", "folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ObjectStore]:
    if request.param == "memory":
        yield MemoryObjects()
    elif request.param == "folder":
        yield FolderStore(tmp_path / "objects")
    else:
        server: S3Server = request.getfixturevalue("s3")
        with server.store(f"{secrets.token_hex(8)}/", part=PART) as opened:
            yield opened


def kept(store: ObjectStore, label: str = LABEL) -> bytes:
    return b"".join(store.get(label))


@pytest.mark.parametrize(
    "chunks",
    [
        (b"x",),
        (b"x" * 100, b"", b"y" * 70_000),
        (b"z" * PART,),
        (b"z" * PART, b"z"),
        (LARGE,) * 11,
        (b"x" * (2 * PART + 1),),
    ],
    ids=["byte", "chunks", "part", "part+1", "parts", "one-chunk"],
)
def test_what_is_put_comes_back(store: ObjectStore, chunks: tuple[bytes, ...]) -> None:
    assert store.put(LABEL, iter(chunks)) is True
    assert kept(store) == b"".join(chunks)


@pytest.mark.parametrize("size", [3, PART + 1])
def test_a_second_put_is_refused_and_leaves_the_first(store: ObjectStore, size: int) -> None:
    first = secrets.token_bytes(size)
    assert store.put(LABEL, [first]) is True
    assert store.put(LABEL, [b"other"]) is False
    assert store.put(LABEL, [b"o" * (PART + 7)]) is False
    assert kept(store) == first


@pytest.mark.parametrize("size", [3, PART + 1])
def test_a_writer_that_comes_between_another_ones_look_and_its_end_is_not_overwritten(
    store: ObjectStore, size: int
) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"1" * (size - 1)
        assert store.put(LABEL, [b"2" * size]) is True
        yield b"1"

    assert store.put(LABEL, chunks()) is False
    assert kept(store) == b"2" * size
    if isinstance(store, S3Store):
        assert list(store._uploads.begun("")) == []


def test_nothing_is_found_under_another_label_and_removing_may_be_repeated(store: ObjectStore) -> None:
    with pytest.raises(NotFound):
        kept(store)
    store.remove(LABEL)
    store.put(LABEL, [b"one"])
    with pytest.raises(NotFound):
        kept(store, OTHER)
    store.remove(LABEL)
    store.remove(LABEL)
    with pytest.raises(NotFound):
        kept(store)
    assert store.put(LABEL, [b"two"]) is True


@pytest.mark.parametrize("size", [10, PART, 2 * PART + 1])
def test_bytes_that_fail_to_come_leave_nothing(store: ObjectStore, size: int) -> None:
    def fails() -> Iterator[bytes]:
        yield b"x" * size
        raise IntegrityFailure("not what was signed")

    with pytest.raises(IntegrityFailure):
        store.put(LABEL, fails())
    with pytest.raises(NotFound):
        kept(store)
    if isinstance(store, S3Store):
        assert list(store._uploads.begun("")) == []
    assert store.put(LABEL, [b"later"]) is True


def test_it_answers_can_be_tried_and_has_nothing_to_sweep(store: ObjectStore) -> None:
    store.probe()
    assert store.tried()
    assert store.sweep() == 0
