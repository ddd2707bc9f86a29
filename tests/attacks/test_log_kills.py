"""kill -9 in the middle of 32 writers' appends: what was answered stays where it was, the rest is absent or whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.attacks.test_syscall_faults import printed


def killed(folder: Path, kills: int) -> dict[str, int]:
    found: dict[str, int] = printed("tests.attacks.append_child", str(folder), str(kills))
    print("A1", found)
    wrong = ("lost or moved", "halves", "of nobody", "head", "damaged")
    assert {name: found[name] for name in wrong} == dict.fromkeys(wrong, 0)
    assert found["kills"] == kills
    assert found["written unanswered"] + found["absent"] > kills
    return found


def test_at_40_kills_of_32_appending_writers_nothing_answered_is_lost_or_moved(tmp_path: Path) -> None:
    assert killed(tmp_path, 40)["answered"] > 100


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(20))
def test_at_10000_kills_of_32_appending_writers_nothing_answered_is_lost_or_moved(
    tmp_path: Path, part: int
) -> None:
    assert killed(tmp_path / str(part), 500)["answered"] > 5_000
