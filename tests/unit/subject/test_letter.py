from __future__ import annotations

import json
import re
from dataclasses import replace
from string import Formatter
from zoneinfo import ZoneInfo

import pytest

from spe.audit.receipts import Action
from spe.consent.model import DirectiveKind
from spe.permit.model import PermitStatus
from spe.subject.evidence import STEPS
from spe.subject.letter import LANGUAGES, letter
from spe.subject.model import (
    AnswerTold,
    Certainty,
    DatasetTold,
    DirectiveTold,
    LookTold,
    Report,
    StepTold,
    UseTold,
)
from tests.shape.tree import ROOT

ROME = ZoneInfo("Europe/Rome")
STEP = StepTold("release.downloaded", "rel-1", "2026-03-05T11:00:00.000000Z", 77)
USE = UseTold(
    permit="per-1",
    route="consortium",
    purpose="e",
    legal_basis="6(1)(a)",
    article_9="9(2)(a)",
    deciding="data access committee of the consortium",
    providing="data holder",
    using="uni-bologna",
    recipients=("tu-muenchen", "uni-bologna"),
    dataset="cohort-milano",
    fields=("horTh", "time"),
    issued="2026-03-01T09:00:00Z",
    expires="2026-07-01T09:00:00Z",
    status="issued",
    certainty=Certainty.PROVEN,
    steps=(STEP,),
)
ANSWER = AnswerTold("cohort", "per-1.hospital-milano", "removed", "2026-03-06T09:00:00Z", 90)
REPORT = Report(
    holder="hospital-milano",
    subject="mi-1",
    at="2026-03-07T23:30:00Z",
    size=100,
    datasets=(DatasetTold("cohort-milano", "Breast cancer", "hospital-milano", "IT", "pseudonymised"),),
    directives=(
        DirectiveTold("withdrawal", "*", "2026-03-06T08:00:00Z", "2026-03-06T08:00:01Z", 88, (ANSWER,)),
    ),
    uses=(USE,),
    looks=(LookTold("audit.read", "court", "auditor", "2026-03-07T09:00:00.5Z", 95),),
)
EMPTY = replace(REPORT, datasets=(), directives=(), uses=(), looks=())


def holes(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_both_languages_say_the_same_things_with_the_same_parts() -> None:
    english, italian = LANGUAGES["en"], LANGUAGES["it"]
    assert set(english) == set(italian)
    assert {name: holes(text) for name, text in english.items()} == {
        name: holes(text) for name, text in italian.items()
    }
    same = {name for name in english if english[name] == italian[name]}
    assert same <= {"answer", "step", "uses", "role.auditor"}


@pytest.mark.parametrize("language", ["en", "it"])
def test_every_code_that_can_be_told_has_a_word(language: str) -> None:
    words = LANGUAGES[language]
    tables = ROOT / "policies" / "spe" / "tables"
    legal = json.loads((tables / "legal" / "data.json").read_text())
    purposes = json.loads((tables / "purposes" / "data.json").read_text())["known"]
    codes = {f"purpose.{one}" for one in ("*", *purposes)}
    codes |= {f"basis.{one}" for bases in legal["article_6"].values() for one in bases}
    codes |= {f"special.{one}" for one in legal["article_9"]}
    codes |= {f"kind.{one}" for one in DirectiveKind} | {f"action.{one}" for one in Action}
    codes |= {f"status.{one}" for one in (*PermitStatus, "expired")} | {f"step.{one}" for one in STEPS}
    codes |= {f"holder.{one}" for one in ("run", "workspace", "release", "output", "cohort")}
    assert codes - set(words) == set()


def test_the_letter_tells_it_in_plain_english_with_the_zone_of_every_time() -> None:
    text = letter(REPORT, "en", ROME)
    assert "As of 2026-03-08 00:30 (Europe/Rome); the log had 100 entries then." in text
    assert "Withdrawal of your consent, for every purpose; valid from 2026-03-06 09:00 (Europe/Rome)" in text
    assert "selection of people (per-1.hospital-milano): your data were taken out" in text
    assert "Legal basis: your consent (GDPR Art. 6(1)(a))" in text
    assert "2026-03-05 12:00 (Europe/Rome): the released results were fetched rel-1 [entry 77]" in text
    assert "by an auditor of court [entry 95]" in text
    times = re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d(.{14})", text)
    assert times
    assert set(times) == {" (Europe/Rome)"}


def test_the_letter_tells_the_same_in_italian() -> None:
    text = letter(REPORT, "it", ROME)
    assert "Revoca del consenso, per ogni scopo" in text
    assert "i Suoi dati sono stati tolti" in text
    assert "[voce 77]" in text
    english = letter(REPORT, "en", ROME)
    assert len(text.splitlines()) == len(english.splitlines())
    for code in ("withdrawal", "removed", "release.downloaded", "audit.read", "6(1)(a)"):
        assert code not in text


@pytest.mark.parametrize("language", ["en", "it"])
def test_nothing_to_tell_is_said_too(language: str) -> None:
    text = letter(EMPTY, language, ROME)
    words = LANGUAGES[language]
    for name in ("no_datasets", "no_directives", "no_uses", "no_looks"):
        assert words[name] in text


def test_an_entry_that_was_not_found_is_not_made_up() -> None:
    lost = replace(REPORT, uses=(replace(USE, steps=(replace(STEP, entry=-1),)),))
    assert "[no entry found]" in letter(lost, "en", ROME)


def test_another_language_is_english() -> None:
    assert letter(REPORT, "fr", ROME) == letter(REPORT, "en", ROME)
