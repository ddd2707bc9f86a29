from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from spe.adapters.objects import SealedFolder
from spe.crypto.data_keys import NoDataKey
from spe.crypto.key_files import KeyFiles
from spe.crypto.vault import Vault, whole
from spe.errors import IntegrityFailure, NotFound, Unreachable

SCOPE, OTHER = "permit/per-1", "permit/per-2"


@pytest.fixture
def keys(tmp_path: Path) -> KeyFiles:
    made = KeyFiles(tmp_path / "keys", bytes(range(32)))
    made.create(SCOPE)
    made.create(OTHER)
    return made


@pytest.fixture
def vault(tmp_path: Path, keys: KeyFiles) -> Vault:
    return SealedFolder(tmp_path / "objects", keys)


def files(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "objects").iterdir())


@pytest.mark.parametrize("pieces", [(), (b"",), (b"a",), (b"a" * 100_000, b"", b"b" * 100_001)])
def test_what_is_put_comes_back_and_its_digest_is_of_the_plain_bytes(
    vault: Vault, pieces: tuple[bytes, ...]
) -> None:
    plain = b"".join(pieces)
    assert vault.put("a", SCOPE, pieces) == hashlib.sha256(plain).hexdigest()
    assert whole(vault, "a", SCOPE) == plain


def test_putting_again_replaces(vault: Vault) -> None:
    vault.put("a", SCOPE, (b"one",))
    vault.put("a", OTHER, (b"two",))
    assert whole(vault, "a", OTHER) == b"two"
    with pytest.raises(IntegrityFailure):
        whole(vault, "a", SCOPE)


def test_a_name_or_a_scope_without_anything_is_not_found(vault: Vault) -> None:
    vault.put("a", SCOPE, (b"one",))
    for name, scope in (("b", SCOPE), ("a", "permit/none")):
        with pytest.raises(NotFound):
            whole(vault, name, scope)
    with pytest.raises(NotFound):
        vault.put("a", "permit/none", (b"x",))
    assert whole(vault, "a", SCOPE) == b"one"


def test_removing_is_for_good_and_may_be_repeated(vault: Vault) -> None:
    vault.put("a", SCOPE, (b"one",))
    vault.remove("a")
    vault.remove("a")
    with pytest.raises(NotFound):
        whole(vault, "a", SCOPE)


def test_without_its_key_an_object_is_noise(vault: Vault, keys: KeyFiles) -> None:
    vault.put("a", SCOPE, (b"one",))
    keys.destroy(SCOPE)
    with pytest.raises(NoDataKey):
        vault.open("a", SCOPE)
    with pytest.raises(NoDataKey):
        vault.put("a", SCOPE, (b"two",))


def test_neither_names_nor_content_show_in_the_folder(vault: Vault, tmp_path: Path) -> None:
    vault.put("cohort/per-1/MI-0007", SCOPE, (b"MI-0007 says",))
    (file,) = files(tmp_path)
    assert "MI-0007" not in file.name
    assert b"MI-0007" not in file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600


def test_an_object_under_another_objects_name_is_an_integrity_failure(vault: Vault, tmp_path: Path) -> None:
    vault.put("a", SCOPE, (b"one",))
    first = files(tmp_path)[0]
    vault.put("b", SCOPE, (b"two",))
    (second,) = (file for file in files(tmp_path) if file != first)
    second.replace(first)
    with pytest.raises(IntegrityFailure):
        whole(vault, "a", SCOPE)


def test_bytes_that_fail_to_come_leave_the_old_object_and_no_part(vault: Vault, tmp_path: Path) -> None:
    def fails() -> Iterator[bytes]:
        yield b"x" * 200_000
        raise IntegrityFailure("not what was signed")

    vault.put("a", SCOPE, (b"one",))
    with pytest.raises(IntegrityFailure):
        vault.put("a", SCOPE, fails())
    assert whole(vault, "a", SCOPE) == b"one"
    assert len(files(tmp_path)) == 1


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


def test_each_opening_is_a_line_before_the_first_byte_and_none_happens_without(
    vault: Vault, tmp_path: Path
) -> None:
    vault.put("a", SCOPE, (b"one",))
    pieces = vault.open("a", SCOPE)
    assert not (tmp_path / "journals").exists()
    assert next(pieces) == b"one"
    (file,) = (tmp_path / "journals").iterdir()
    line = json.loads(file.read_text())
    assert line["object"] == hashlib.sha256(b"a").hexdigest()
    assert line["scope"] == hashlib.sha256(SCOPE.encode()).hexdigest()
    assert (line["n"], line["pid"]) == (1, os.getpid())


def test_where_the_journal_cannot_be_written_nothing_opens(vault: Vault, tmp_path: Path) -> None:
    vault.put("a", SCOPE, (b"one",))
    (tmp_path / "journals").write_text("not a folder")
    with pytest.raises(Unreachable):
        whole(vault, "a", SCOPE)
