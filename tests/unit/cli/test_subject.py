from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from spe.policy.enforce import Done
from spe.values import to_data
from tests.unit.cli.typed import Typed, listening, prepare
from tests.unit.subject.test_letter import REPORT
from tests.unit.web.served import Subjects, World

KEY = "hospital-milano/mi-1"


@pytest.fixture
def spe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Typed]:
    def report(_self: Subjects, _person: Any, holder: str, subject: str) -> Mapping[str, Any]:
        assert (holder, subject) == ("hospital-milano", "mi-1")
        found: Mapping[str, Any] = to_data(REPORT)
        return found

    def order(_self: Subjects, _person: Any, holder: str, subject: str, ground: str) -> Done:
        assert (holder, subject, ground) == ("hospital-milano", "mi-1", "b")
        return Done("ers-1", "ordered", 7)

    monkeypatch.setattr(Subjects, "report", report)
    monkeypatch.setattr(Subjects, "order", order)
    with listening(World()) as url:
        prepare(tmp_path / "home", url, monkeypatch)
        yield Typed(capsys, url)


def test_a_report_is_a_letter_in_the_language_and_zone_asked_for(spe: Typed) -> None:
    assert spe("subject", "report", KEY, "--lang", "it", "--zone", "Europe/Rome") == 0
    assert spe.out.startswith("Che cosa è successo con i Suoi dati\n")
    assert "2026-03-08 00:30 (Europe/Rome)" in spe.out
    assert spe("subject", "report", KEY) == 0
    assert spe.out.startswith("What happened with your data\n")
    assert "2026-03-07 23:30 (UTC)" in spe.out


def test_programs_get_the_fields_of_the_api(spe: Typed) -> None:
    assert spe.json("subject", "report", KEY) == to_data(REPORT)


def test_an_erasure_is_ordered(spe: Typed) -> None:
    assert spe("subject", "erase", KEY, "--ground", "b") == 0
    assert "ers-1" in spe.out


@pytest.mark.parametrize("key", ["mi-1", "/mi-1", "hospital-milano/"])
def test_a_key_names_holder_and_pseudonym(spe: Typed, key: str) -> None:
    assert spe("subject", "report", key) == 2


def test_a_zone_that_isnt_one_is_refused_before_anything_is_asked(spe: Typed) -> None:
    assert spe("subject", "report", KEY, "--zone", "Moon/Crater") == 2
