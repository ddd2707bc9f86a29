from __future__ import annotations

import re

from tests.shape.tree import name, texts

MACHINE_PATH = re.compile(r"(?<![\w.$}~/-])/(?:home|root|work|Users|mnt)/[\w.]")
TRACKER = re.compile(r"\b(?:issue|issues|PR|pull request)\s*#?\d+\b|\(#\d+\)", re.IGNORECASE)
LEFT_OVER = re.compile(r"^(?:<{7} |={7}$|>{7} )|\b(?:TO[D]O|FIX[M]E|X[X]X)\b", re.MULTILINE)
SECRET = re.compile(r"-----BEGIN [A-Z ]*PRIVATE[ ]KEY-----")


def found(pattern: re.Pattern[str]) -> dict[str, str]:
    lines = ((file, match) for file in texts() if (match := pattern.search(file.read_text())))
    return {name(file): match.group() for file, match in lines}


def test_no_text_holds_a_path_of_somebodys_machine() -> None:
    assert found(MACHINE_PATH) == {}


def test_no_text_points_into_a_tracker() -> None:
    assert found(TRACKER) == {}


def test_nothing_is_left_over_from_a_merge_or_for_later() -> None:
    assert found(LEFT_OVER) == {}


def test_no_private_key_is_committed() -> None:
    assert found(SECRET) == {}


def test_every_text_is_utf_8_and_ends_with_one_newline() -> None:
    bad = [
        name(f)
        for f in texts()
        if (data := f.read_bytes()) and (not data.endswith(b"\n") or data.endswith(b"\n\n"))
    ]
    assert bad == []
