"""Digests, sealed text, wrapped keys and data keys."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spe.crypto import keyed
from spe.crypto.data_keys import NoDataKey
from spe.crypto.key_files import KeyFiles, create_master_key, read_master_key
from spe.errors import IntegrityFailure, Malformed, Unreachable

KEY, OTHER = bytes(range(32)), bytes(32)
NONCE = bytes(16)


def test_a_subject_has_another_digest_in_every_entry_and_under_every_key() -> None:
    digests = {keyed.digest(key, bytes([n]) * 16, "s-1") for key in (KEY, OTHER) for n in range(50)}
    assert len(digests) == 100
    assert all(len(digest) == 32 for digest in digests)
    assert (
        keyed.digest(KEY, NONCE, "s-1") == keyed.digest(KEY, NONCE, "s-1") != keyed.digest(KEY, NONCE, "s-2")
    )


def test_keys_nonces_and_subjects_of_the_wrong_form_are_malformed() -> None:
    for key, nonce, subject in [(b"", NONCE, "s"), (KEY, b"", "s"), (KEY, NONCE, "\ud800")]:
        with pytest.raises(Malformed):
            keyed.digest(key, nonce, subject)
    with pytest.raises(Malformed):
        keyed.seal_text(b"short", "x", b"")
    assert len(keyed.new_key()) == 32
    assert len(keyed.new_nonce()) == 16


@given(st.text(), st.binary(max_size=20))
def test_sealed_text_opens_to_itself_and_never_looks_the_same(text: str, bind: bytes) -> None:
    sealed = keyed.seal_text(KEY, text, bind)
    assert keyed.open_text(KEY, sealed, bind) == text
    assert sealed != keyed.seal_text(KEY, text, bind)


@given(st.integers(0, 10_000), st.sampled_from("AZaz09-_+/= \n\u00e9"))
def test_sealed_text_with_one_changed_character_does_not_open(place: int, character: str) -> None:
    sealed = keyed.seal_text(KEY, "Anna", b"entry")
    at = place % len(sealed)
    altered = sealed[:at] + character + sealed[at + 1 :]
    if altered == sealed:
        return
    with pytest.raises(IntegrityFailure):
        keyed.open_text(KEY, altered, b"entry")


def test_sealed_text_needs_its_key_and_its_place() -> None:
    sealed = keyed.seal_text(KEY, "Anna", b"entry 1")
    for key, text, bind in [
        (OTHER, sealed, b"entry 1"),
        (KEY, sealed, b"entry 2"),
        (KEY, sealed[:-4], b"entry 1"),
        (KEY, "", b"entry 1"),
        (KEY, "A", b"entry 1"),
    ]:
        with pytest.raises(IntegrityFailure):
            keyed.open_text(key, text, bind)


def test_a_wrapped_key_opens_for_its_owner_only_and_is_not_a_text() -> None:
    wrapped = keyed.wrap(OTHER, KEY, b"owner")
    assert len(wrapped) == 61
    assert keyed.unwrap(OTHER, wrapped, b"owner") == KEY
    for master, data, owner in [
        (KEY, wrapped, b"owner"),
        (OTHER, wrapped, b"another"),
        (OTHER, wrapped[:-1], b"owner"),
        (OTHER, b"", b"owner"),
    ]:
        with pytest.raises(IntegrityFailure):
            keyed.unwrap(master, data, owner)


def test_data_keys_are_made_once_and_read_back_by_another_instance(tmp_path: Path) -> None:
    keys = KeyFiles(tmp_path / "data", OTHER)
    made = keys.create("permit-1")
    assert keys.create("permit-1") == made == KeyFiles(tmp_path / "data", OTHER).get("permit-1")
    assert keys.create("permit-2") != made
    assert keys.exists("permit-1")
    assert not keys.exists("permit-3")
    assert all(made not in path.read_bytes() for path in (tmp_path / "data").iterdir())


def test_a_destroyed_key_is_gone_for_ever(tmp_path: Path) -> None:
    keys = KeyFiles(tmp_path / "data", OTHER)
    keys.create("permit-1")
    copy = next((tmp_path / "data").glob("*.key")).read_bytes()
    keys.destroy("permit-1")
    keys.destroy("permit-1")
    keys.destroy("never-made")
    assert not keys.exists("permit-1")
    assert list((tmp_path / "data").glob("*.key")) == []
    for scope in ("permit-1", "never-made", "unknown"):
        with pytest.raises(NoDataKey):
            keys.get(scope)
    for scope in ("permit-1", "never-made"):
        with pytest.raises(NoDataKey):
            keys.create(scope)
    assert all(copy != path.read_bytes() for path in (tmp_path / "data").iterdir())


def test_destruction_overwrites_the_bytes_themselves(tmp_path: Path) -> None:
    keys = KeyFiles(tmp_path / "data", OTHER)
    keys.create("permit-1")
    file = next((tmp_path / "data").glob("*.key"))
    (tmp_path / "same-bytes").hardlink_to(file)
    before = file.read_bytes()
    keys.destroy("permit-1")
    after = (tmp_path / "same-bytes").read_bytes()
    assert len(after) == len(before)
    assert after[:20] != before[:20]


def test_destruction_cut_short_by_a_crash_counts_and_is_finished_by_a_repeat(tmp_path: Path) -> None:
    keys = KeyFiles(tmp_path / "data", OTHER)
    keys.create("permit-1")
    file = next((tmp_path / "data").glob("*.key"))
    file.with_suffix(".destroyed").touch()
    with pytest.raises(NoDataKey):
        keys.get("permit-1")
    keys.destroy("permit-1")
    assert not file.exists()


def test_key_files_swapped_between_scopes_do_not_open(tmp_path: Path) -> None:
    keys = KeyFiles(tmp_path / "data", OTHER)
    keys.create("permit-1")
    file = next((tmp_path / "data").glob("*.key"))
    keys.create("permit-2")
    other = next(path for path in (tmp_path / "data").glob("*.key") if path != file)
    other.replace(file)
    with pytest.raises(IntegrityFailure):
        keys.get("permit-1")


def test_the_master_key_is_made_once_and_kept_tight(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "master.key"
    create_master_key(path)
    master = read_master_key(path)
    create_master_key(path)
    assert read_master_key(path) == master
    path.chmod(0o640)
    with pytest.raises(Unreachable):
        read_master_key(path)
    path.chmod(0o600)
    path.write_bytes(b"short")
    with pytest.raises(Unreachable):
        read_master_key(path)
