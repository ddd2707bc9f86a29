from __future__ import annotations

import json
import re
from typing import Any

import pytest

from spe.oversight.asking import types
from spe.oversight.formats.fhir import to_fhir
from spe.oversight.formats.kinds import KINDS, Action
from spe.oversight.formats.ocsf import to_ocsf
from tests.unit.oversight.every_event import SUBJECT, entries

ORIGIN = "spe.localhost/log"
ENTRIES = entries()
each = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["type"])
CODING = {"system", "code"}
DICOM = "http://dicom.nema.org/resources/ontology/DCM"
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


def test_every_type_of_entry_is_mapped_and_nothing_else_is() -> None:
    assert set(KINDS) == set(types())


@each
def test_the_mapped_field_is_one_of_the_entry(entry: dict[str, Any]) -> None:
    kind = KINDS[entry["type"]]
    assert not kind.field or kind.field in entry["data"], kind


def agents(event: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["type"]["coding"][0]["code"]: one for one in event["agent"]}


@each
def test_an_audit_event_has_what_fhir_r4_requires(entry: dict[str, Any]) -> None:
    event = to_fhir(entry, ORIGIN)
    assert event["resourceType"] == "AuditEvent"
    assert re.fullmatch(r"[A-Za-z0-9.-]{1,64}", event["id"])
    assert set(event["type"]) >= CODING
    assert all(set(one) >= CODING for one in event["subtype"])
    assert event["action"] in set("CRUDE")
    assert INSTANT.fullmatch(event["recorded"])
    assert event["outcome"] in {"0", "4", "8", "12"}
    assert event["agent"]
    assert all(type(one["requestor"]) is bool for one in event["agent"])
    assert event["source"]["observer"]["identifier"]["value"] == ORIGIN
    assert all(not {"name", "query"} <= set(one) for one in event["entity"])
    assert "" not in leaves(event)
    assert [] not in nodes(event)
    assert {} not in nodes(event)


@each
def test_an_audit_event_that_claims_a_balp_pattern_fits_it(entry: dict[str, Any]) -> None:
    event, kind = to_fhir(entry, ORIGIN), KINDS[entry["type"]]
    claimed = event.get("meta", {}).get("profile", [])
    assert bool(claimed) is (kind.action is not Action.EXECUTE and not kind.failed)
    if not claimed:
        return
    verb = claimed[0].rpartition(".")[2]
    letter, interaction = {"Create": "C", "Read": "R", "Update": "U", "Delete": "D"}[verb], verb.lower()
    assert (event["action"], event["outcome"]) == (letter, "0")
    assert event["type"]["code"] == "rest"
    assert {"system": "http://hl7.org/fhir/restful-interaction", "code": interaction} in event["subtype"]
    found = agents(event)
    client, server = ("110152", "110153") if verb == "Read" else ("110153", "110152")
    for end in (client, server):
        assert found[end]["type"]["coding"][0]["system"] == DICOM
        assert {"who", "network"} <= set(found[end])
        assert "media" not in found[end]
    user = next(one for code, one in found.items() if code not in {client, server})
    assert user["type"]["coding"][0]["code"] in ({"IRCP"} if verb == "Read" else {"AUT", "INF", "CST"})
    assert (user["requestor"], "network" in user, "media" in user) == (True, False, False)
    data = [one for one in event["entity"] if one["type"]["code"] == "2"]
    assert len(data) == 1
    assert data[0]["role"]["code"] in {"3", "4", "20"}
    assert data[0]["what"]["identifier"]["value"]


@each
def test_who_acted_with_which_roles_under_which_rules_is_in_the_audit_event(entry: dict[str, Any]) -> None:
    user = to_fhir(entry, ORIGIN)["agent"][2]
    assert user["who"]["identifier"]["value"] == "anna.ricci"
    assert user["role"][0]["coding"][0]["code"] == "data_user"
    assert user["policy"] == [f"urn:spe:policy:{'b' * 64}"]


def test_a_refusal_is_a_security_alert_that_failed_with_its_reasons() -> None:
    event = to_fhir(next(one for one in ENTRIES if one["type"] == "policy.refused"), ORIGIN)
    assert (event["type"]["code"], event["outcome"]) == ("110113", "8")
    assert event["outcomeDesc"] == "some-reasons, some-reasons"


@each
def test_an_ocsf_event_has_what_its_class_requires(entry: dict[str, Any]) -> None:
    event = to_ocsf(entry, ORIGIN)
    required = {
        "activity_id", "category_uid", "class_uid", "metadata", "severity_id", "time", "type_uid",
    }  # fmt: skip
    of_class = {3004: {"entity"}, 6003: {"actor", "api", "src_endpoint"}}[event["class_uid"]]
    assert required | of_class <= set(event)
    assert event["category_uid"] == event["class_uid"] // 1000
    assert event["type_uid"] == event["class_uid"] * 100 + event["activity_id"]
    assert event["activity_id"] in {1, 2, 3, 4, 99}
    assert event["metadata"]["version"]
    assert event["metadata"]["product"]["vendor_name"]
    assert (event["severity_id"], event["status_id"]) in {(1, 1), (2, 2)}
    assert event["time"] == 1_772_355_600_000 + 60_000 * entry["index"]
    assert event["actor"]["user"]["uid"] == "anna.ricci"


@pytest.mark.parametrize("make", [to_fhir, to_ocsf])
@each
def test_nothing_of_an_entry_is_lost_or_added(entry: dict[str, Any], make: Any) -> None:
    made = leaves(make(entry, ORIGIN))
    text = "\n".join(made)
    for value in leaves(entry["data"]):
        assert value in text, value
    assert SUBJECT not in text
    assert entry["nonce"] not in text


@pytest.mark.parametrize("make", [to_fhir, to_ocsf])
def test_no_text_breaks_a_line_or_reaches_a_terminal(make: Any) -> None:
    for entry in entries("\x1b[2J\x9b1m\r\n\u2028\u2029\x85{}"):
        line = json.dumps(make(entry, ORIGIN), ensure_ascii=True)
        assert line.isprintable()
        assert line.isascii()
        assert json.loads(line) == make(entry, ORIGIN)


def nodes(value: Any) -> list[Any]:
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return [value, *(node for one in inner for node in nodes(one))]


def leaves(value: Any) -> list[str]:
    plain = [one for one in nodes(value) if not isinstance(one, dict | list)]
    return [str(one).lower() if isinstance(one, bool) else str(one) for one in plain]
