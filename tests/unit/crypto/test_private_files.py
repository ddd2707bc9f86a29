from __future__ import annotations

import os
from pathlib import Path

import pytest

from spe.crypto.private_files import make_private_folder, write_new


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Collect the paths of what is synced."""
    paths: list[Path] = []
    really = os.fsync

    def fsync(handle: int) -> None:
        paths.append(Path(f"/proc/self/fd/{handle}").readlink())
        really(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    return paths


def test_a_file_that_is_there_already_is_made_durable_too(tmp_path: Path, synced: list[Path]) -> None:
    assert write_new(tmp_path / "a.key", b"first")
    synced.clear()
    assert not write_new(tmp_path / "a.key", b"second")
    assert tmp_path in synced
    assert [file.name for file in tmp_path.iterdir()] == ["a.key"]
    assert (tmp_path / "a.key").read_bytes() == b"first"


def test_a_new_folder_is_durable_with_every_folder_on_the_way_to_it(
    tmp_path: Path, synced: list[Path]
) -> None:
    make_private_folder(tmp_path / "keys" / "signing")
    assert {tmp_path, tmp_path / "keys"} <= set(synced)
    synced.clear()
    make_private_folder(tmp_path / "keys" / "signing")
    assert synced == []
