from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from spe.adapters.subject_keys import SubjectKeyStore
from spe.errors import IntegrityFailure, Unreachable

MASTER = bytes(range(32))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SubjectKeyStore]:
    made = SubjectKeyStore(tmp_path / "keys.db", MASTER)
    yield made
    made.close()


def everything(tmp_path: Path) -> bytes:
    return b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_a_subject_has_one_key_and_another_subject_another(store: SubjectKeyStore) -> None:
    one = store.key_for("h/MI-0007")
    assert len(one) == 32
    assert store.key_for("h/MI-0007") == one == store.find("h/MI-0007")
    assert store.key_for("h/MI-0008") != one
    assert store.find("h/MI-0009") is None


def test_keys_last(store: SubjectKeyStore, tmp_path: Path) -> None:
    one = store.key_for("a")
    again = SubjectKeyStore(tmp_path / "keys.db", MASTER)
    assert again.find("a") == one
    again.close()


def test_another_master_opens_nothing(store: SubjectKeyStore, tmp_path: Path) -> None:
    store.key_for("a")
    other = SubjectKeyStore(tmp_path / "keys.db", bytes(32))
    assert other.find("a") is None
    with pytest.raises(IntegrityFailure):
        other.key_for("a")
    other.close()


def test_one_subjects_row_under_anothers_name_is_an_integrity_failure(
    store: SubjectKeyStore, tmp_path: Path
) -> None:
    store.key_for("a")
    store.key_for("b")
    with sqlite3.connect(tmp_path / "keys.db") as raw:
        raw.execute("UPDATE subject_key SET wrapped = (SELECT wrapped FROM subject_key LIMIT 1)")
    raw.close()
    failed = 0
    for subject in ("a", "b"):
        try:
            store.find(subject)
        except IntegrityFailure:
            failed += 1
    assert failed == 1


def test_a_destroyed_key_is_gone_from_every_file_of_the_store(store: SubjectKeyStore, tmp_path: Path) -> None:
    for at in range(200):
        store.key_for(f"s-{at}")
    with sqlite3.connect(tmp_path / "keys.db") as raw:
        wrapped = [row[0] for row in raw.execute("SELECT wrapped FROM subject_key")]
    raw.close()
    assert sum(one in everything(tmp_path) for one in wrapped) == 200
    for at in range(170):
        store.destroy_named(store.name_of(f"s-{at}"))
    assert sum(one in everything(tmp_path) for one in wrapped) == 30
    assert [store.find(f"s-{at}") is None for at in range(200)] == [True] * 170 + [False] * 30


def test_destroying_may_be_repeated_and_a_new_key_is_another(store: SubjectKeyStore) -> None:
    one = store.key_for("a")
    store.destroy_named(store.name_of("a"))
    store.destroy_named(store.name_of("a"))
    assert store.find("a") is None
    assert store.key_for("a") != one


def test_a_key_that_somebody_reads_is_not_said_to_be_gone_from_the_files(
    store: SubjectKeyStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.key_for("a")
    store._engine.dispose()
    monkeypatch.setattr(store, "_engine", _impatient(tmp_path))
    reader = sqlite3.connect(tmp_path / "keys.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM subject_key").fetchall()
    with pytest.raises(Unreachable):
        store.destroy_named(store.name_of("a"))
    assert store.find("a") is None
    reader.close()
    store.destroy_named(store.name_of("a"))


def _impatient(tmp_path: Path) -> object:
    from sqlalchemy import event

    from spe.adapters.database.engine import open_database

    engine = open_database(f"sqlite:///{tmp_path}/keys.db")
    event.listen(engine, "connect", lambda raw, *_: raw.execute("PRAGMA busy_timeout=50"))
    return engine


def test_all_files_are_for_their_owner_only_whatever_the_mask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        store = SubjectKeyStore(tmp_path / "keys.db", MASTER)
        store.key_for("a")
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
        store.close()
    finally:
        os.umask(before)
    assert set(modes.values()) == {0o600}
    assert "keys.db-wal" in modes


def test_of_many_who_ask_for_a_new_key_all_get_the_same(store: SubjectKeyStore) -> None:
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.append(store.key_for("a"))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 12
    assert len(set(found)) == 1


def test_a_store_that_cant_be_opened_is_unreachable(tmp_path: Path) -> None:
    (tmp_path / "keys.db").mkdir()
    with pytest.raises(Unreachable):
        SubjectKeyStore(tmp_path / "keys.db", MASTER)
    (tmp_path / "noise.db").write_bytes(b"noise" * 2000)
    with pytest.raises(Unreachable):
        SubjectKeyStore(tmp_path / "noise.db", MASTER)
    with pytest.raises(Unreachable):
        SubjectKeyStore(tmp_path / "missing" / "keys.db", MASTER)


def test_nobody_finds_a_subject_in_the_file_without_the_master_key(
    store: SubjectKeyStore, tmp_path: Path
) -> None:
    store.key_for("h/MI-0007")
    for made in (hashlib.sha256, hashlib.sha1, hashlib.md5):
        assert made(b"h/MI-0007").hexdigest().encode() not in everything(tmp_path)
    assert store.name_of("h/MI-0007").encode() in everything(tmp_path)
    other = SubjectKeyStore(tmp_path / "keys.db", bytes(32))
    assert other.name_of("h/MI-0007") != store.name_of("h/MI-0007")
    other.close()


def test_several_are_destroyed_at_once_and_others_stay(store: SubjectKeyStore) -> None:
    for subject in ("a", "b", "c"):
        store.key_for(subject)
    store.destroy_named(store.name_of("a"), store.name_of("c"), store.name_of("never"))
    assert [store.has(store.name_of(subject)) for subject in ("a", "b", "c", "never")] == [
        False,
        True,
        False,
        False,
    ]
