from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from spe.errors import Malformed, Unreachable
from spe.setup import tools
from spe.setup.__main__ import main
from spe.setup.tools import GoProgram, find, make_tools


@dataclass
class Made:
    """A tool that is made in an instant, and counts how often."""

    name: str = "spade"
    version: str = "1"
    variable: str = "SPE_SPADE"
    key: str = "one"
    times: list[Path] = field(default_factory=list)
    fails: bool = False

    def make(self, folder: Path) -> None:
        self.times.append(folder)
        (folder / self.name).write_text("#!/bin/sh\n")
        if self.fails:
            raise Unreachable("no clay")
        (folder / self.name).chmod(0o755)


@pytest.fixture
def spade(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    made = Made()
    monkeypatch.setenv("SPE_TOOLS", str(tmp_path))
    monkeypatch.delenv("SPE_OPA", raising=False)
    monkeypatch.setattr(tools, "TOOLS", (made,))
    return made


def told(lines: list[str]) -> Callable[[str, Callable[[], str]], None]:
    return lambda title, work: lines.extend((title, work()))


def test_a_tool_is_made_once_and_the_second_call_says_nothing(spade: Made, tmp_path: Path) -> None:
    lines: list[str] = []
    make_tools([], told(lines))
    assert lines == ["spade 1, some minutes", f"built in {tmp_path / 'spade-1'}"]
    make_tools(["spade"], told(lines))
    assert len(lines) == 2
    assert find(spade) == tmp_path / "spade-1" / "spade"
    assert len(spade.times) == 1


def test_a_tool_that_failed_is_not_there_and_leaves_nothing_behind(spade: Made, tmp_path: Path) -> None:
    spade.fails = True
    with pytest.raises(Unreachable, match="no clay"):
        make_tools([], told([]))
    assert find(spade) is None
    assert [path.name for path in tmp_path.iterdir()] == ["spade-1.lock"]


def test_another_version_or_recipe_is_made_anew(spade: Made) -> None:
    make_tools([], told([]))
    spade.key = "two"
    assert find(spade) is None
    make_tools([], told([]))
    spade.version = "2"
    make_tools([], told([]))
    assert len(spade.times) == 3


def test_two_who_ask_at_once_get_one(spade: Made) -> None:
    threads = [threading.Thread(target=make_tools, args=([], told([]))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(spade.times) == 1


def test_a_program_of_ones_own_is_taken_and_nothing_is_made(
    spade: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "mine"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)
    monkeypatch.setenv("SPE_SPADE", str(own))
    make_tools([], told([]))
    assert find(spade) == own
    assert spade.times == []


def test_a_variable_that_names_no_program_is_said(spade: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPE_SPADE", "/nowhere/spade")
    with pytest.raises(Unreachable, match="SPE_SPADE names /nowhere/spade"):
        find(spade)


def test_an_unknown_tool_is_named_with_those_there_are(
    spade: Made, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Malformed, match="no tool fork; there are spade"):
        make_tools(["fork"])
    assert main(["tools", "fork"]) == 2
    assert "no tool fork" in capsys.readouterr().err


def test_a_module_of_another_checksum_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go = tmp_path / "go"
    go.write_text(
        '#!/bin/sh\n[ "$1" = install ] && : >"$GOBIN/opa" && exit\n'
        "[ $# = 1 ] && echo go version go1.26.0 linux/amd64 && exit\n"
        'printf "\\tmod\\tgithub.com/x/opa\\tv1.0.0\\th1:other=\\n"\n'
    )
    go.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(Unreachable, match="not the module"):
        GoProgram("opa", "1.0.0", "SPE_OPA", "github.com/x/opa", "h1:mine=").make(tmp_path)
    GoProgram("opa", "1.0.0", "SPE_OPA", "github.com/x/opa", "h1:other=").make(tmp_path)
