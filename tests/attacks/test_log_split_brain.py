"""Two signers at once: one of them ends, and whatever becomes of the other the log has one history."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from spe.worker import main as worker_process
from tests.attacks.test_syscall_faults import printed
from tests.builders import CHECKOUT
from tests.world import settings_for


def raced(folder: Path, races: int) -> dict[str, int]:
    found: dict[str, int] = printed("tests.attacks.signer_child", str(folder), str(races))
    print("A14", found)
    assert found["forks"] == 0
    assert found["both refused"] == found["second signed behind a fence"] == 0
    assert found["checkpoints"] == races
    assert found["refused: no fence"] == found["fenced races"] == races // 2
    return found


def test_of_40_races_of_two_signers_none_forks_the_log_and_behind_a_fence_the_second_ends(
    tmp_path: Path,
) -> None:
    raced(tmp_path / "log", 40)


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_of_1000_races_of_two_signers_none_forks_the_log(tmp_path: Path) -> None:
    found = raced(tmp_path / "log", 1000)
    assert found["refused: fenced off"] > 50


def test_a_second_worker_of_an_installation_ends_with_exit_code_13(tmp_path: Path) -> None:
    settings = settings_for(tmp_path / "home")
    environment = {**os.environ, "SPE_HOME": str(settings.home), "SPE_DEMO": "true"}
    with worker_process.opened(settings):
        line = [sys.executable, "-m", "spe.cli.main", "worker"]
        ended = subprocess.run(
            line, cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=100, check=False
        )
    assert (ended.returncode, "another worker" in ended.stderr) == (13, True)
