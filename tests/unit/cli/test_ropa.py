from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from spe.ropa.service import RopaDesk
from spe.values import to_data
from tests.unit.cli.typed import Typed, listening, prepare
from tests.unit.ropa.test_record import ROPA
from tests.unit.web.served import World


@pytest.fixture
def spe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Typed]:
    def export(_self: RopaDesk, _person: Any, scope: str) -> Mapping[str, Any]:
        found: dict[str, Any] = to_data(ROPA)
        if scope == "broken":
            del found["activities"][0]["measures"]
        return {**found, "scope": scope}

    monkeypatch.setattr(RopaDesk, "export", export)
    with listening(World()) as url:
        prepare(tmp_path / "home", url, monkeypatch)
        yield Typed(capsys, url)


def test_the_record_is_a_page_in_the_language_asked_for(spe: Typed) -> None:
    assert spe("ropa", "export", "--of", "hospital-milano") == 0
    assert spe.out.startswith("Record of processing activities")
    assert "Of hospital-milano," in spe.out
    assert spe("ropa", "export", "--lang", "it") == 0
    assert spe.out.startswith("Registro delle attività di trattamento")


def test_programs_get_the_fields_of_the_api(spe: Typed, tmp_path: Path) -> None:
    assert spe.json("ropa", "export") == to_data(ROPA)
    file = tmp_path / "ropa.json"
    assert spe("ropa", "export", "--out", str(file)) == 0
    assert json.loads(file.read_text()) == to_data(ROPA)
    assert "1 things are missing" in spe.out


def test_a_file_that_is_there_is_not_written_over(spe: Typed, tmp_path: Path) -> None:
    file = tmp_path / "ropa.json"
    file.write_text("before")
    assert spe("ropa", "export", "--out", str(file)) != 0
    assert file.read_text() == "before"


def test_what_is_no_record_is_not_exported(spe: Typed, tmp_path: Path) -> None:
    file = tmp_path / "ropa.json"
    assert spe("ropa", "export", "--of", "broken", "--out", str(file)) != 0
    assert not file.exists()
