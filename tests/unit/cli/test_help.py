from __future__ import annotations

import subprocess
import sys
import time

import pytest
import typer

from spe.cli.main import ALONE, GROUPS, main

COMMON = {"--json", "--as", "--token-file", "--url", "--lang"}
HEAVY = {
    "httpx2",
    "fastapi",
    "sqlalchemy",
    "rich",
    "yaml",
    "pydantic",
    "cryptography",
    "regopy",
    "spe.cli.request",
}


def commands() -> list[tuple[str, typer.models.CommandInfo]]:
    from importlib import import_module

    apps = {name: import_module(f"spe.cli.{name}").app for name in GROUPS}
    apps[""] = import_module("spe.cli.local").app
    return [(group, one) for group, app in apps.items() for one in app.registered_commands]


def test_help_is_instant_because_it_imports_next_to_nothing() -> None:
    code = "import sys; from spe.cli.main import main; main(['--help']); print(*sys.modules, sep='\\n', file=sys.stderr)"
    begun = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert time.perf_counter() - begun < 2
    assert HEAVY & set(done.stderr.split()) == set()
    assert all(name in done.stdout for name in (*GROUPS, *ALONE))


@pytest.mark.parametrize("group", [*GROUPS, *ALONE])
def test_every_group_has_help_of_its_own(group: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([group, "--help"]) == 0
    assert "Usage" in capsys.readouterr().out


@pytest.mark.parametrize("group", list(GROUPS))
def test_the_list_of_verbs_in_the_help_is_that_of_the_group(
    group: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main([group, "--help"])
    printed = capsys.readouterr().out.partition("Commands:")[2]
    for verb in GROUPS[group].rpartition(": ")[2].split(", "):
        assert f"  {verb}" in printed


def test_every_command_takes_the_options_of_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    found = commands()
    assert len(found) > 60
    for group, info in found:
        name = info.name or str(info.callback.__name__).replace("_", "-")  # type: ignore[union-attr]
        assert main([word for word in (group, name) if word] + ["--help"]) == 0
        printed = capsys.readouterr().out
        assert {option for option in COMMON if f"{option} " in printed} == COMMON, (group, name)


def test_every_command_says_what_it_does() -> None:
    assert [info.callback for _, info in commands() if not (info.callback and info.callback.__doc__)] == []
