"""Each system call of commit, checkpoint and set-up fails once, by strace; and what a failed sync leaves behind."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.builders import CHECKOUT


def printed(module: str, *arguments: str) -> dict[str, Any]:
    line = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(line, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(done.stdout.strip().split("\n")[-1])
    return found


def met(scenario: str, folder: Path, stride: int, *calls: str) -> dict[str, Any]:
    found = printed("tests.attacks.syscall_child", scenario, str(folder), str(stride), *calls)
    assert found["unmet"] == [], "a fault that never happened proves nothing"
    return found


@pytest.mark.parametrize(
    ("scenario", "stride", "least"), [("commit", 17, 6), ("checkpoint", 17, 6), ("create", 151, 3)]
)
def test_a_failed_call_here_and_there_loses_nothing_answered_and_leaves_no_half(
    tmp_path: Path, scenario: str, stride: int, least: int
) -> None:
    found = met(scenario, tmp_path, stride)
    assert found["wrong"] == []
    assert found["refusals"] >= least


@pytest.mark.parametrize("scenario", ["commit", "large"])
def test_after_any_failed_sync_nothing_more_is_answered(tmp_path: Path, scenario: str) -> None:
    found = met(scenario, tmp_path, 1, "fsync", "fdatasync")
    assert found["wrong"] == []
    assert found["cases"] >= 9


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize(
    ("scenario", "stride"), [("commit", 1), ("checkpoint", 1), ("create", 1), ("large", 101)]
)
def test_every_failed_call_loses_nothing_answered_and_leaves_no_half(
    tmp_path: Path, scenario: str, stride: int
) -> None:
    found = met(scenario, tmp_path, stride)
    print(scenario, {name: found[name] for name in ("cases", "refusals")})
    assert found["wrong"] == []


def test_what_a_failed_sync_left_is_made_durable_before_anything_builds_on_it(tmp_path: Path) -> None:
    found = printed("tests.attacks.power_child", str(tmp_path))
    assert found["first"] == {"refused": "NotKnownYet", "number": 2}
    assert found["never_synced"] > 4096
    assert found["second"] == [{"shown": 3}, {"answered": 3}]
    assert (found["later"], found["size"]) == ([1, 1], 4)
