from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from spe.adapters.journal import LARGEST_LINE, Journal
from spe.errors import Unreachable
from tests.fakes import FixedClock


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.jsonl"))


def numbers(file: Path) -> list[int]:
    return [json.loads(line)["n"] for line in file.read_text().splitlines()]


def test_lines_are_numbered_and_the_next_file_goes_on_counting(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j", "openings", "p1", FixedClock(), largest=200, sync=True)
    assert [journal.write(object="o") for _ in range(7)] == [1, 2, 3, 4, 5, 6, 7]
    found = files(tmp_path / "j")
    assert len(found) > 1
    assert [number for file in found for number in numbers(file)] == [1, 2, 3, 4, 5, 6, 7]
    assert all(file.stat().st_size <= 200 and file.stat().st_mode & 0o777 == 0o600 for file in found)


def test_a_line_written_in_part_fails_and_stays_the_last_of_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path / "j", "openings", "p1", FixedClock())
    journal.write(object="a")
    whole = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: whole(handle, data[:10]))
    with pytest.raises(Unreachable):
        journal.write(object="b")
    monkeypatch.setattr(os, "write", whole)
    assert journal.write(object="c") == 2
    first, second = files(tmp_path / "j")
    assert not first.read_bytes().endswith(b"\n")
    assert numbers(second) == [2]


def test_what_cannot_be_written_fails(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j", "openings", "p1", FixedClock())
    with pytest.raises(Unreachable):
        journal.write(object="x" * LARGEST_LINE)
    (tmp_path / "j").write_text("not a folder")
    with pytest.raises(Unreachable):
        journal.write(object="a")
    assert journal.written == 0
