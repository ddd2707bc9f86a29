from __future__ import annotations

import json
from dataclasses import replace
from string import Formatter
from typing import Any

import pytest

from spe.catalogue.model import DatasetStatus
from spe.catalogue.variables import VariableGroup
from spe.errors import Malformed
from spe.permit.model import PermitStatus
from spe.ropa.activities import of_directives, of_log
from spe.ropa.model import (
    Activity,
    Evidence,
    Kind,
    Known,
    Limit,
    Measure,
    Part,
    Recipient,
    Register,
    Ropa,
    missing,
)
from spe.ropa.page import page
from spe.ropa.words import LANGUAGES
from tests.shape.tree import ROOT

PROFILE: dict[str, Any] = {
    "version": "1",
    "parties": {
        name: {"name": name, "country": country, "contact": f"a@{name}", "officer": f"b@{name}"}
        for name, country in (("body", "IT"), ("h", "ES"), ("ops", "DE"), ("lab", "US"))
    },
    "standing_for": {"the body": "body"},
    "environment": "ops",
    "eea": ["IT", "ES", "DE", "NO"],
    "seconds_least": 31_622_400,
    "seconds_after_permit": 157_788_000,
}
REGISTER = Register.parse(PROFILE)
USE = Activity(
    id="per-1",
    kind=Kind.PERMIT,
    status="issued",
    parties=(REGISTER.party("the body", Part.DECIDING), REGISTER.party("h", Part.PROVIDING)),
    purpose="e",
    legal_basis="6(1)(a)",
    article_9="9(2)(a)",
    people=("patients", "staff"),
    how_many="40",
    data=("outcome", "imaging"),
    recipients=(REGISTER.recipient("lab"),),
    transfers=REGISTER.outside((REGISTER.recipient("lab"),)),
    begins="2026-03-01T09:00:00Z",
    ends="2026-07-01T09:00:00Z",
    limit=Limit.PERMIT_ENDS,
    kept_seconds=0,
    measures=tuple(Measure),
    evidence=Evidence(7, 3, 2, 1),
)
ROPA = Ropa(
    version=1,
    register="1",
    scope="",
    demo=True,
    at="2026-03-07T23:30:00Z",
    size=9,
    activities=(USE, of_directives(REGISTER, "h", 123), of_log(REGISTER)),
    missing=("lab: safeguards of a transfer",),
)


def test_who_stands_for_a_body_is_named_and_somebody_unknown_has_no_contact() -> None:
    assert REGISTER.party("the body", Part.DECIDING).contact == "a@body"
    assert REGISTER.party("nobody", Part.USING).contact == ""
    assert REGISTER.parties["h"] == Known("h", "ES", "a@h", "b@h")


@pytest.mark.parametrize("name", list(PROFILE))
def test_a_register_without_a_part_is_none(name: str) -> None:
    with pytest.raises(Malformed):
        Register.parse({key: value for key, value in PROFILE.items() if key != name})


@pytest.mark.parametrize("country", ["IT", "NO"])
def test_inside_the_eea_is_no_transfer(country: str) -> None:
    assert REGISTER.outside((Recipient("x", country), Recipient("lab", "US"))) == (Recipient("lab", "US"),)


def test_what_nobody_said_is_missing() -> None:
    nobody = REGISTER.party("nobody", Part.USING)
    told = replace(
        USE, parties=(nobody,), recipients=(Recipient("somewhere", ""),), evidence=Evidence(-1, 0, 0, 0)
    )
    assert missing((told,)) == (
        "lab: safeguards of a transfer",
        "nobody: contact",
        "nobody: country",
        "nobody: name",
        "nobody: officer",
        "per-1: no entry of the log issues it",
        "somewhere: country",
    )


@pytest.mark.parametrize("language", ["en", "it"])
def test_the_page_says_everything_in_words(language: str) -> None:
    text = page(ROPA, language)
    for word in ("a@body", "b@h", "lab (US)", "6(1)(a) + 9(2)(a)", "120"):
        assert word in text, word
    codes = {
        "permit_ends",
        "checked_outputs",
        "keyed_digests",
        "deciding",
        "patients" if language == "it" else "??",
    }
    assert not [code for code in codes if code in text]


def test_both_languages_say_the_same_things_with_the_same_places() -> None:
    english, italian = LANGUAGES["en"], LANGUAGES["it"]
    assert set(english) == set(italian)
    for name in english:
        assert places(english[name]) == places(italian[name]), name


def places(text: str) -> set[str]:
    return {field for _, field, _, _ in Formatter().parse(text) if field}


@pytest.mark.parametrize("language", ["en", "it"])
def test_every_code_has_a_word(language: str) -> None:
    words = LANGUAGES[language]
    groups = [*VariableGroup, "imaging", "directives", "acts", "keyed_digests"]
    wanted = [f"kind.{one}" for one in Kind] + [f"part.{one}" for one in Part]
    wanted += [f"limit.{one}" for one in Limit] + [f"measure.{one}" for one in Measure]
    wanted += [f"status.{one}" for one in PermitStatus] + [f"data.{one}" for one in groups]
    assert [one for one in wanted if one not in words] == []


def test_the_schema_knows_every_code() -> None:
    activity = json.loads((ROOT / "docs/reference/ropa.schema.json").read_text())["$defs"]["activity"][
        "properties"
    ]
    assert activity["kind"]["enum"] == list(Kind)
    assert activity["limit"]["enum"] == list(Limit)
    assert activity["measures"]["items"]["enum"] == list(Measure)
    assert set(activity["data"]["items"]["enum"]) >= set(VariableGroup)
    assert set(activity["status"]["enum"]) >= {*PermitStatus, *DatasetStatus}
