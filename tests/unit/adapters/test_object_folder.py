"""What a folder of sealed files does beyond what every store promises."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from spe.adapters.object_folder import FolderStore
from spe.adapters.objects import SealedFolder
from spe.crypto.key_files import KeyFiles
from spe.crypto.vault import whole
from spe.errors import Unreachable

SCOPE = "permit/per-1"


@pytest.fixture
def keys(tmp_path: Path) -> KeyFiles:
    made = KeyFiles(tmp_path / "keys", bytes(range(32)))
    made.create(SCOPE)
    return made


def test_a_file_is_for_its_owner_only_and_no_part_is_left(tmp_path: Path, keys: KeyFiles) -> None:
    SealedFolder(tmp_path / "objects", keys).put("a", SCOPE, (b"one",))
    (file,) = (tmp_path / "objects").iterdir()
    assert file.name == keys.label("a")
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_link_in_an_objects_place_is_taken_for_one_and_not_written_through(
    tmp_path: Path, keys: KeyFiles
) -> None:
    store = FolderStore(tmp_path / "objects")
    store.path(keys.label("a")).symlink_to(tmp_path / "elsewhere")
    assert store.put(keys.label("a"), [b"sealed"]) is False
    assert not (tmp_path / "elsewhere").exists()


def test_a_store_that_is_gone_is_unreachable_and_never_a_bare_error(tmp_path: Path, keys: KeyFiles) -> None:
    vault = SealedFolder(tmp_path / "objects", keys)
    (tmp_path / "objects").rmdir()
    (tmp_path / "objects").write_bytes(b"")
    with pytest.raises(Unreachable):
        vault.put("a", SCOPE, (b"one",))
    with pytest.raises(Unreachable):
        whole(vault, "a", SCOPE)
    with pytest.raises(Unreachable):
        vault.remove("a")
    with pytest.raises(Unreachable):
        vault.store.probe()
    with pytest.raises(Unreachable):
        SealedFolder(tmp_path / "objects", keys)


def test_parts_of_a_killed_writer_go_when_the_store_opens_and_those_being_written_stay(
    tmp_path: Path, keys: KeyFiles
) -> None:
    vault = SealedFolder(tmp_path / "objects", keys)
    vault.put("a", SCOPE, (b"one",))
    old, new = tmp_path / "objects" / ".0011.part", tmp_path / "objects" / ".2233.part"
    for part in (old, new):
        part.write_bytes(b"half")
    ago = time.time() - 7200
    os.utime(old, (ago, ago))
    again = SealedFolder(tmp_path / "objects", keys)
    assert (old.exists(), new.exists()) == (False, True)
    assert whole(again, "a", SCOPE) == b"one"
