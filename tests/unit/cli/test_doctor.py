"""The doctor really tries each part, and says so of one that fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from spe.cli.main import main


def test_the_doctor_finds_this_machine_well(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SPE_HOME", str(tmp_path / "home"))
    assert main(["doctor"]) == 0
    assert "NOT OK" not in capsys.readouterr().out


def test_the_doctor_names_a_part_that_fails(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SPE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SPE_POLICIES", str(tmp_path / "nowhere"))
    assert main(["doctor"]) == 13
    assert "policies: NOT OK" in capsys.readouterr().out
