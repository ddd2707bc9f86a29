from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from spe.errors import Unreachable
from spe.setup import system
from spe.setup.console import call, complain, step


def only(*present: str, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave nothing on PATH but programs that write down how they were called."""
    for program in present:
        file = path / program
        file.write_text(f'#!/bin/sh\necho {program} "$@" >> {path}/calls\n')
        file.chmod(0o755)
    monkeypatch.setenv("PATH", str(path))


def test_root_installs_bubblewrap_and_is_told_if_it_is_still_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only("apt-get", path=tmp_path, monkeypatch=monkeypatch)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(Unreachable, match="no bwrap on PATH"):
        system.bubblewrap()
    assert (tmp_path / "calls").read_text() == "apt-get install -y --no-install-recommends bubblewrap\n"


def test_sudo_without_a_password_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    only("dnf", "sudo", path=tmp_path, monkeypatch=monkeypatch)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(Unreachable, match="no bwrap on PATH"):
        system.bubblewrap()
    assert (tmp_path / "calls").read_text() == "sudo -n true\nsudo -n dnf install -y bubblewrap\n"


@pytest.mark.parametrize("manager", ["apt-get", "dnf", "apk", "pacman", "zypper"])
def test_nobody_special_is_told_what_to_ask_for(
    manager: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only(manager, path=tmp_path, monkeypatch=monkeypatch)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(Unreachable, match=f"administrator run `{manager} .*bubblewrap`") as caught:
        system.bubblewrap()
    assert complain(caught.value) == 13
    assert not (tmp_path / "calls").exists()


def test_bubblewrap_that_is_there_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    only("bwrap", "apt-get", path=tmp_path, monkeypatch=monkeypatch)
    assert system.bubblewrap() == "already there"
    assert not (tmp_path / "calls").exists()


@pytest.fixture
def first_start(tmp_path: Path) -> Path:
    script = tmp_path / "spe" / "adapters" / "sandbox" / "first_start.py"
    script.parent.mkdir(parents=True)
    return script


def test_no_sandbox_stops_set_up_with_what_the_first_start_said(tmp_path: Path, first_start: Path) -> None:
    first_start.write_text("print('user namespaces are off: sysctl ...'); raise SystemExit(13)")
    with pytest.raises(Unreachable, match="user namespaces are off"):
        system.first_sandbox(tmp_path)


def test_a_sandbox_that_starts_says_what_isolates_it(tmp_path: Path, first_start: Path) -> None:
    first_start.write_text("print('own user namespace')")
    assert system.first_sandbox(tmp_path) == "own user namespace"


def test_a_program_that_fails_is_reported_with_its_last_words_and_the_remedy() -> None:
    with pytest.raises(Unreachable, match=r"(?s)ended with 3. Do this.*    last words"):
        call([sys.executable, "-c", "print('last words'); raise SystemExit(3)"], "Do this.")


def test_a_step_says_what_it_does_what_came_of_it_and_how_long_it_took(
    capsys: pytest.CaptureFixture[str],
) -> None:
    step("something", lambda: "done")
    assert capsys.readouterr().out == "set-up: something ... done (0.0 s)\n"


def test_the_interpreter_that_is_found_can_run_spe() -> None:
    script = Path(system.__file__).with_name("find_python.sh")
    shell = shutil.which("sh")
    assert shell is not None
    found = call([shell, script], "").strip()
    call([found, "-c", "import ssl, sqlite3, sys; assert sys.version_info >= (3, 11)"], "")
