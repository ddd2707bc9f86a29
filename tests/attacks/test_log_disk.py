"""A disk without room, without inodes, or read-only, each a real small one: no effect without its entry, and reads go on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.builders import CHECKOUT


def met(what: str, folder: Path) -> dict[str, Any]:
    """Let a process of its own meet it, in a mount namespace of its own, and return what it saw."""
    line = ["unshare", "-Urm", sys.executable, "-m", "tests.attacks.disk_child", what, str(folder)]
    done = subprocess.run(line, cwd=CHECKOUT, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    assert list(folder.iterdir()) == []
    found: dict[str, Any] = json.loads(done.stdout.strip().split("\n")[-1])
    print("A4", what, found)
    return found


def has_no_effect_without_an_entry(seen: dict[str, Any], submitted: int, delivered: int) -> None:
    assert seen["requests"] == [submitted, submitted]
    assert seen["deliveries"] == [delivered, delivered]
    assert (seen["parts"], seen["head fits"]) == (0, True)


def test_on_a_full_disk_every_effect_is_refused_reads_go_on_and_room_heals_it(tmp_path: Path) -> None:
    found = met("full", tmp_path)
    assert (set(found["submit"]), set(found["deliver"])) == ({503}, {503})
    assert found["read"] == [200, 200, 200]
    has_no_effect_without_an_entry(found["state"], 0, 1)
    assert found["start"][0] == 13
    assert found["later"] == {"submit": 200, "deliver": [200, 200]}
    has_no_effect_without_an_entry(found["after"], 1, 3)


def test_without_inodes_what_needs_a_file_is_refused_and_all_else_is_done_with_its_entry(
    tmp_path: Path,
) -> None:
    found = met("inodes", tmp_path)
    assert found["fillers"] > 100
    assert set(found["deliver"]) == {503}
    assert set(found["submit"]) <= {200, 503}
    assert found["read"] == [200, 200, 200]
    done = found["submit"].count(200)
    has_no_effect_without_an_entry(found["state"], done, 1)
    assert found["later"] == {"submit": 200, "deliver": [200, 200]}
    has_no_effect_without_an_entry(found["after"], done + 1, 3)


def test_on_a_read_only_disk_nothing_starts_and_what_was_written_can_be_read(tmp_path: Path) -> None:
    found = met("read-only", tmp_path)
    for command in ("serve", "worker", "logged"):
        code, said = found[command]
        assert code == 13, said
        assert "written" in said
        assert "Traceback" not in said
    assert found["reconcile"][0] == 0
    assert found["read"] >= 10
    assert found["same"] is True
