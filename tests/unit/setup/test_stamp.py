from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from spe.setup.stamp import alone, digest, is_whole, making


def test_what_was_made_is_whole_for_its_key_only(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "venv"
    with making(folder, "a"):
        folder.mkdir()
    assert is_whole(folder, "a")
    assert not is_whole(folder, "b")


def test_what_was_interrupted_is_not_whole_and_the_next_call_clears_it(tmp_path: Path) -> None:
    folder = tmp_path / "venv"

    def interrupted() -> None:
        with making(folder, "a"):
            folder.mkdir()
            (folder / "half").touch()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert (folder / "half").exists()
    assert not is_whole(folder, "a")
    with making(folder, "a"):
        assert not folder.exists()
        folder.mkdir()
    assert is_whole(folder, "a")


def test_making_anew_takes_the_stamp_away_before_anything_else(tmp_path: Path) -> None:
    folder = tmp_path / "venv"
    with making(folder, "a"):
        folder.mkdir()
    with making(folder, "a"):
        assert not is_whole(folder, "a")
        folder.mkdir()


def test_the_digest_tells_texts_from_files_and_where_one_ends(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.write_text("one")
    before = digest("x", lock)
    lock.write_text("two")
    assert digest("x", lock) != before
    assert digest("ab", "c") != digest("a", "bc")


def test_a_second_set_up_waits(tmp_path: Path) -> None:
    lock = tmp_path / "made" / "lock"
    with alone(lock), lock.open("w") as second, pytest.raises(BlockingIOError):
        fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
    with lock.open("w") as second:
        fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
