"""Stored cosignatures are held to the keys of the witnesses that the settings name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from spe.crypto.cosignature import CosigningKey
from spe.crypto.note import split_note
from tests.unit.oversight.honest import ACTS, Honest, honest

WITNESS = CosigningKey("w.example", bytes(range(32)))
OTHER = CosigningKey("other.example", bytes(range(1, 33)))


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Honest]:
    (tmp_path / "witnesses").write_text(f"{WITNESS.public.text()} http://127.0.0.1:1\n")
    with honest(tmp_path) as opened:
        for act in ACTS:
            act(opened)
        opened.signs()
        opened.settings = replace(opened.settings, witnesses=str(tmp_path / "witnesses"))
        yield opened


def newest(here: Honest) -> tuple[int, str]:
    size, note = max(here.log.checkpoints().items())
    return size, split_note(note)[0]


def test_a_true_cosignature_matches_and_a_strangers_is_explained(here: Honest) -> None:
    size, text = newest(here)
    before = here.compared().total("matched")
    here.log.keep_cosignature(size, "w.example", WITNESS.cosign(text, 5))
    here.log.keep_cosignature(size, "other.example", OTHER.cosign(text, 5))
    report = here.compared()
    assert report.total("unmatched") == 0
    assert report.total("matched") == before + 1
    assert "cosigned by a witness whose key was not given" in {
        reason for tally in report.tallies for reason in tally.explained
    }


@pytest.mark.parametrize("line", ["of another text", "by another key", "no line"])
def test_a_line_that_is_none_is_unmatched(here: Honest, line: str) -> None:
    size, text = newest(here)
    lines = {
        "of another text": WITNESS.cosign(text.replace("spe", "xpe"), 5),
        "by another key": CosigningKey("w.example", bytes(32)).cosign(text, 5),
        "no line": "hello",
    }
    here.log.keep_cosignature(size, "w.example", lines[line])
    found = [one for tally in here.compared().tallies for one in tally.evidence]
    assert [one.row for one in found] == [f"log_cosignature {size} w.example"]
