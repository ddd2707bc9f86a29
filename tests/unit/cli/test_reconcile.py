from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from spe.cli.main import main
from tests.tampering import unguard
from tests.unit.oversight.honest import ACTS, Honest, honest


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Honest]:
    with honest(tmp_path) as opened:
        for act in ACTS:
            act(opened)
        monkeypatch.setenv("SPE_HOME", str(opened.home.path))
        monkeypatch.setenv("SPE_ORIGIN", opened.settings.origin)
        yield opened


def test_the_report_is_a_file_whose_digest_is_in_the_log(here: Honest, tmp_path: Path) -> None:
    out = tmp_path / "report.json"
    before = here.log.head().size
    assert main(["audit", "reconcile", "--out", str(out)]) == 0
    report = json.loads(out.read_bytes())
    assert (report["entries"], report["unmatched"], report["logged"]) == (before, 0, True)
    assert report["checkpoint"]["size"] + report["unsigned"] == before
    ((index, raw),) = here.log.entries(before)
    entry = json.loads(raw)
    assert (index, entry["type"]) == (before, "audit.reconciled")
    assert entry["data"]["report"] == sha256(out.read_bytes()).hexdigest()
    assert entry["data"]["unmatched"] == 0
    assert main(["audit", "reconcile", "--out", str(out)]) == 1
    assert here.log.head().size == before + 1


def test_read_only_changes_nothing_and_says_so(here: Honest, capsys: pytest.CaptureFixture[str]) -> None:
    before = here.log.head()
    assert main(["audit", "reconcile", "--read-only"]) == 0
    assert "read only: no entry says so" in capsys.readouterr().out
    assert here.log.head() == before


def test_what_is_unmatched_is_printed_and_ends_with_12(
    here: Honest, capsys: pytest.CaptureFixture[str]
) -> None:
    connection = sqlite3.connect(here.home.path / "spe.db")
    with connection:
        unguard(connection)
        connection.execute("DELETE FROM directive WHERE id = 'holder-1.d'")
    connection.close()
    assert main(["audit", "reconcile", "--read-only"]) == 12
    assert "UNMATCHED entry" in capsys.readouterr().out
    assert main(["audit", "reconcile", "--read-only", "--json"]) == 12
    (rows,) = [one for one in json.loads(capsys.readouterr().out)["sources"] if one["unmatched"]]
    assert (rows["source"], rows["evidence"][0]["what"]) == (
        "rows",
        "the row that the entry tells of is gone",
    )


def test_without_an_installation_nothing_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPE_HOME", str(tmp_path / "none"))
    assert main(["audit", "reconcile"]) == 13
    assert list(tmp_path.iterdir()) == []
