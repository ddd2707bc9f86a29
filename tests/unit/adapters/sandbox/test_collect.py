from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import BinaryIO

from spe.adapters.sandbox.collect import collect


def taken(folder: Path, declared: dict[str, int]) -> tuple[dict[str, bytes], dict[str, int]]:
    found: dict[str, bytes] = {}

    def give(name: str, size: int, file: BinaryIO) -> None:
        found[name] = file.read()
        assert len(found[name]) == size

    return found, dict(collect(str(folder), declared, give))


def test_a_declared_regular_file_is_given(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"123")
    assert taken(tmp_path, {"a": 3}) == ({"a": b"123"}, {})


def test_a_file_over_its_bound_is_not(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"1234")
    assert taken(tmp_path, {"a": 3}) == ({}, {"too_large": 1})


def test_every_other_kind_is_counted_under_a_declared_name_too(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a")
    (tmp_path / "b").mkdir()
    (tmp_path / "c").symlink_to("d")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "e"))
    (tmp_path / "f").write_text("1")
    os.link(tmp_path / "f", tmp_path / "g")
    (tmp_path / "h").write_text("1")
    kinds = {"fifo": 1, "directory": 1, "symlink": 1, "socket": 1, "hard_link": 2, "undeclared": 1}
    assert taken(tmp_path, dict.fromkeys("abcdefg", 9)) == ({}, kinds)


def test_a_link_to_a_file_of_the_host_is_never_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("planted")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a").symlink_to(tmp_path / "secret")
    assert taken(tmp_path / "out", {"a": 99}) == ({}, {"symlink": 1})
    assert (tmp_path / "secret").stat().st_mode & 0o777 != 0o400
