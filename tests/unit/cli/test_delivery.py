from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from spe.values import to_data
from tests.unit.cli.typed import Typed, listening, prepare
from tests.unit.web.served import World
from tests.unit.web.test_delivery import ENTRY, Shelf


def test_a_large_file_is_delivered_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shelf = Shelf()
    world = World(vault=shelf, keys=shelf)
    rows = b"patient,age\n" + b"".join(b"S%06d,%d\n" % (at, 40 + at % 40) for at in range(200_000))
    (tmp_path / "rows.csv").write_bytes(rows)
    unsaid = {"status", "subjects", "sha256"}
    entry = {key: value for key, value in to_data(ENTRY).items() if key not in unsaid}
    (tmp_path / "entry.yaml").write_text(yaml.safe_dump(entry))
    with listening(world) as url:
        prepare(tmp_path / "home", url, monkeypatch)
        monkeypatch.setenv("SPE_AS", "giulia.conti")
        spe = Typed(capsys, url)
        assert spe("catalogue", "register", str(tmp_path / "entry.yaml")) == 0
        assert (
            spe.json("catalogue", "deliver", "gbsg2-milano", str(tmp_path / "rows.csv"))["status"]
            == "available"
        )
    assert list(shelf.kept.values()) == [rows]
    assert shelf.pieces >= 3
