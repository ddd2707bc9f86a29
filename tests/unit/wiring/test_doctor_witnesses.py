"""The doctor asks each witness whether it knows this log."""

from __future__ import annotations

from pathlib import Path

import pytest

from spe.crypto.note import PublicKey
from spe.crypto.signing import StatementKind
from spe.errors import Unreachable
from spe.settings import Settings
from spe.wiring.doctor import _witnesses
from spe.wiring.home import Home
from tests.unit.witness.growing import KEY, NAME
from tests.witnesses import made, running


def settings(tmp_path: Path, line: str = "") -> Settings:
    (tmp_path / "witnesses").write_text(line)
    return Settings(home=tmp_path / "home", witnesses=str(tmp_path / "witnesses"))


@pytest.fixture
def log(tmp_path: Path) -> PublicKey:
    home = Home(tmp_path / "home")
    home.make("test.example/log")
    return home.signing.public(StatementKind.CHECKPOINT)


def test_without_witnesses_there_is_nothing_to_ask(tmp_path: Path) -> None:
    assert _witnesses(settings(tmp_path)) == "none named"


def test_before_there_is_a_log_nobody_can_know_it(tmp_path: Path) -> None:
    key = made(tmp_path / "w1", NAME, KEY.public)
    assert "once it has one" in _witnesses(settings(tmp_path, f"{key.text()} http://127.0.0.1:1"))


def test_a_witness_that_knows_the_log_is_well_and_is_asked_for_no_cosignature(
    tmp_path: Path, log: PublicKey
) -> None:
    key = made(tmp_path / "w1", NAME, log)
    with running(tmp_path / "w1", key) as here:
        assert "1 know this log" in _witnesses(settings(tmp_path, f"{key.text()} {here.url}"))
        assert [path.read_text() for path in (tmp_path / "w1" / "logs").glob("*/head")] == [""]


def test_one_that_does_not_know_it_or_is_not_there_is_named(tmp_path: Path, log: PublicKey) -> None:
    assert log != KEY.public
    key = made(tmp_path / "w1", NAME, KEY.public)
    with running(tmp_path / "w1", key) as here, pytest.raises(Unreachable, match="does not know this log"):
        _witnesses(settings(tmp_path, f"{key.text()} {here.url}"))
    with pytest.raises(Unreachable, match="did not answer"):
        _witnesses(settings(tmp_path, f"{key.text()} {here.url}"))
