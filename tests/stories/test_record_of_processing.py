"""A supervisory authority asks for the record of processing activities (GDPR Art. 30), and it is there.

A permit was used up to a download. The auditor's record tells of everybody's activities, the hospital's of its own; both
are what the published schema says, and name no person.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from spe.ropa.model import Ropa
from spe.values import from_stored
from tests.builders import MADRID, MILANO, patients
from tests.cast import Cast
from tests.shape.tree import ROOT
from tests.voices import refused

SCHEMA = json.loads((ROOT / "docs/reference/ropa.schema.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)


def wrong(record: Any) -> list[str]:
    return sorted(error.json_path for error in VALIDATOR.iter_errors(record))


def of(record: Any, kind: str) -> list[Any]:
    return [one for one in record["activities"] if one["kind"] == kind]


@pytest.fixture(scope="module")
def permit(cast: Cast) -> str:
    """Let a permit for two hospitals be used at one, up to a download."""
    tables = cast.given_data(patients(), patients(MADRID))
    permit = cast.given_permit(*tables)
    code = cast.given_code(permit)
    cast.researcher.opens(permit, MILANO)
    output = cast.given_approved(cast.given_run(permit, code)["therapy"]["id"])
    release = cast.researcher.asks_release(permit, MILANO, output)
    assert cast.researcher.release(release)["status"] == "released"
    cast.researcher.downloads(release)
    return permit


@pytest.fixture(scope="module")
def record(cast: Cast, permit: str) -> Any:
    return cast.auditor.get("/ropa")


def test_the_record_is_what_the_schema_says_and_nothing_is_missing(record: Any) -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert wrong(record) == []
    assert record["missing"] == []
    assert record["demo"] is True
    assert from_stored(Ropa, record).size == record["size"]


def test_it_tells_of_the_use_what_the_law_asks_for(cast: Cast, record: Any, permit: str) -> None:
    [use] = of(record, "permit")
    assert (use["id"], use["purpose"], use["legal_basis"]) == (permit, "e", "6(1)(a)")
    parts = [(one["part"], one["id"]) for one in use["parties"]]
    assert parts == [
        ("deciding", "hdab-it"),
        ("providing", MILANO.holder),
        ("providing", MADRID.holder),
        ("using", "uni-bologna"),
        ("processing", "spe-operations"),
    ]
    assert all("@" in one["contact"] and "@" in one["officer"] for one in use["parties"])
    assert [one["id"] for one in use["recipients"]] == ["tu-muenchen", "uni-bologna"]
    assert use["transfers"] == []
    assert set(use["people"]) == {"patients", "staff"}
    assert {"outcome", "treatment"} <= set(use["data"])
    [issued] = cast.auditor.finds(about=permit, type="permit.issued")
    assert use["evidence"] == {"issued": issued["index"], "runs": 1, "releases": 1, "downloads": 1}


def test_keeping_data_directives_and_the_log_are_activities_too(record: Any) -> None:
    assert {one["id"] for one in of(record, "dataset")} == {"cohort-milano", "cohort-madrid"}
    assert {one["id"] for one in of(record, "directives")} == {
        f"directives/{MILANO.holder}",
        f"directives/{MADRID.holder}",
    }
    [log] = of(record, "log")
    assert log["kept_seconds"] >= 366 * 86_400


def test_a_hospital_has_its_own_and_nothing_of_another(cast: Cast, permit: str) -> None:
    own = cast.holder().get("/ropa", scope=MILANO.holder)
    assert wrong(own) == []
    assert MADRID.holder not in json.dumps(own)
    assert "cohort-madrid" not in json.dumps(own)
    assert of(own, "permit")[0]["evidence"]["runs"] == 1
    other = cast.holder(MADRID).get("/ropa", scope=MADRID.holder)
    assert of(other, "permit")[0]["evidence"] | {"issued": 0} == {
        "issued": 0,
        "runs": 0,
        "releases": 0,
        "downloads": 0,
    }
    for scope in (MADRID.holder, "", "uni-bologna"):
        with refused("ropa_not_yours", "no_grounds"):
            cast.holder().get("/ropa", scope=scope)


def test_a_controller_who_uses_data_is_answered_through_the_operator(cast: Cast, permit: str) -> None:
    theirs = cast.operator.get("/ropa", scope="uni-bologna")
    assert [one["id"] for one in theirs["activities"]] == [permit]
    assert cast.operator.get("/ropa", scope="uni-nowhere")["activities"] == []
    for who in (cast.researcher, cast.checkers.first, cast.approvers.first):
        with refused("ropa_not_yours", "no_grounds"):
            who.get("/ropa", scope="uni-bologna")


def test_it_names_no_person_and_no_exact_number_of_people(cast: Cast, record: Any) -> None:
    text = json.dumps(record)
    for person in ("anna.ricci", "giulia.conti", "elena.russo", patients().subjects[0]):
        assert person not in text
    counts = {one["how_many"] for one in record["activities"] if one["how_many"]}
    assert all(count == "<10" or count.endswith("0") for count in counts)


def test_each_asking_is_in_the_log(cast: Cast, record: Any) -> None:
    asked = cast.auditor.finds(type="ropa.exported")
    assert {(one["who"]["id"], one["data"]["scope"]) for one in asked} >= {("ruth.keller", "")}
    assert any(one["index"] == record["size"] - 1 for one in asked)


@pytest.mark.parametrize(
    "letter",
    ["parties", "purpose", "people", "data", "recipients", "transfers", "limit", "measures", "evidence"],
)
def test_a_record_without_one_of_the_laws_letters_is_not_valid(record: Any, letter: str) -> None:
    broken = json.loads(json.dumps(record))
    del of(broken, "permit")[0][letter]
    assert wrong(broken)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("purpose", ""),
        ("legal_basis", "because"),
        ("parties", []),
        ("begins", "yesterday"),
        ("how_many", "37"),
    ],
)
def test_a_record_that_says_it_wrongly_is_not_valid(record: Any, name: str, value: Any) -> None:
    broken = json.loads(json.dumps(record))
    of(broken, "permit")[0][name] = value
    assert wrong(broken)


def test_a_permit_that_the_log_does_not_know_is_not_valid(record: Any) -> None:
    broken = json.loads(json.dumps(record))
    of(broken, "permit")[0]["evidence"]["issued"] = -1
    assert wrong(broken)
