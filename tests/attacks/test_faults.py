from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.builders import CHECKOUT


def seen(what: str, folder: Path) -> dict[str, Any]:
    """Let a process of its own meet the fault, and return what it saw."""
    line = [sys.executable, "-m", "tests.attacks.fault_child", what, str(folder)]
    done = subprocess.run(line, cwd=CHECKOUT, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout.strip().split("\n")[-1])
    return found


def test_on_a_full_disk_a_commit_is_refused_whole_reads_go_on_and_room_heals_it(tmp_path: Path) -> None:
    found = seen("database", tmp_path)
    assert found["answer"] == "Unreachable"
    assert set(found["again"]) <= {"Unreachable", ""}
    assert found["taken"] > 0
    assert found["facts"] == found["taken"]
    assert found["head"] == 1 + found["taken"] + found["again"].count("")
    assert found["refused_is_there"] is False
    assert found["read"] == [1, 1]
    assert (found["later"], found["head_fits"]) == ("", True)


def test_on_a_full_disk_the_vault_keeps_the_old_object_and_leaves_no_part(tmp_path: Path) -> None:
    assert seen("vault", tmp_path) == {"answer": "Unreachable", "left": 1, "before": "old", "later": "new"}


def test_a_data_key_that_cant_be_written_leaves_nothing_and_is_made_later(tmp_path: Path) -> None:
    found = seen("keys", tmp_path)
    assert found.pop("answer") in {"Unreachable", "OSError"}
    assert found == {"left": [], "exists": False, "later": 32}


def test_an_entry_about_a_subject_whose_key_cant_be_made_is_refused_with_its_effect(tmp_path: Path) -> None:
    found = seen("subjects", tmp_path)
    assert found == {"answers": ["Unreachable", "Unreachable"], "head": 0, "new": None, "later": ""}


def test_on_a_full_disk_the_api_refuses_with_503_and_nothing_happens(tmp_path: Path) -> None:
    found = seen("api", tmp_path)
    assert found == {"before": 200, "full": 503, "live": 200, "ticked": False, "same": True, "later": 200}


def test_killed_at_every_step_of_a_commit_all_or_nothing_is_there(tmp_path: Path) -> None:
    found = seen("steps", tmp_path)
    assert found["absent"] >= 20
    assert (found["halves"], found["whole"]) == ([], True)
