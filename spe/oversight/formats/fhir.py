"""An entry as a FHIR R4 AuditEvent, by the IHE Basic Audit Log Patterns (BALP 1.1) where one of them fits.

BALP has patterns for what succeeded in creating, reading, updating and deleting. What was refused follows FHIR's own
"access denied"; what executes something has no pattern and claims none. The log knows no addresses: the network of an
agent says that it is unknown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from spe.oversight.formats.details import details, subjects
from spe.oversight.formats.kinds import KINDS, Action, Kind, named

Json = dict[str, Any]
_PROFILES = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."
_TERMS = "http://terminology.hl7.org/CodeSystem/"
_DICOM = "http://dicom.nema.org/resources/ontology/DCM"
_UNKNOWN: Json = {
    "extension": [
        {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "unknown"}
    ]
}
_PATTERN: Mapping[Action, tuple[str, str]] = MappingProxyType(
    {
        Action.CREATE: ("Create", "create"),
        Action.READ: ("Read", "read"),
        Action.UPDATE: ("Update", "update"),
        Action.DELETE: ("Delete", "delete"),
        Action.EXECUTE: ("", "operation"),
    }
)
_USERS: Mapping[Action, tuple[str, str]] = MappingProxyType(
    {
        Action.CREATE: ("AUT", "author (originator)"),
        Action.READ: ("IRCP", "information recipient"),
        Action.UPDATE: ("AUT", "author (originator)"),
        Action.DELETE: ("CST", "custodian"),
        Action.EXECUTE: ("IRCP", "information recipient"),
    }
)


def to_fhir(entry: Mapping[str, Any], origin: str) -> Json:
    """Return the AuditEvent of one entry of the timeline of the log `origin`."""
    kind = KINDS[entry["type"]]
    profile, interaction = _PATTERN[kind.action]
    made: Json = {"resourceType": "AuditEvent", "id": f"log-{entry['index']}"}
    if profile and not kind.failed:
        made["meta"] = {"profile": [_PROFILES + profile]}
    made |= {
        "type": _type(kind),
        "subtype": [
            _coding("http://hl7.org/fhir/restful-interaction", interaction),
            _coding("urn:spe:event", entry["type"]),
        ],
        "action": str(kind.action),
        "recorded": entry["at"],
        "outcome": "8" if kind.failed else "0",
    }
    if kind.failed:
        made["outcomeDesc"] = ", ".join(entry["data"].get("reasons", ())) or "not signed in"
    made |= {
        "agent": list(_agents(entry, kind, origin)),
        "source": {
            "site": origin,
            "observer": _known("urn:spe:log", origin),
            "type": [_coding(_TERMS + "security-source-type", "4", "Application Server")],
        },
        "entity": list(_entities(entry, kind)),
    }
    return made


def _type(kind: Kind) -> Json:
    if kind.failed:
        return _coding(_DICOM, "110113", "Security Alert")
    return _coding(_TERMS + "audit-event-type", "rest", "Restful Operation")


def _agents(entry: Mapping[str, Any], kind: Kind, origin: str) -> Iterator[Json]:
    """Yield client and server, as DICOM names the ends of a flow of data, and whoever acted."""
    source = {"type": _concept(_DICOM, "110153", "Source Role ID")}
    destination = {"type": _concept(_DICOM, "110152", "Destination Role ID")}
    client, server = (destination, source) if kind.action is Action.READ else (source, destination)
    yield {**client, "who": {"display": "not recorded"}, "requestor": False, "network": _UNKNOWN}
    yield {**server, "who": _known("urn:spe:log", origin), "requestor": False, "network": _UNKNOWN}
    who = entry["who"]
    code, display = _USERS[kind.action]
    user = {
        "type": _concept(_TERMS + "v3-ParticipationType", code, display),
        "role": [_concept("urn:spe:role", role) for role in who["role"].split("+") if role],
        "who": {
            **_known("urn:spe:staff", who["id"]),
            **({"display": f"of {who['organisation']}"} if who["organisation"] else {}),
        },
        "requestor": True,
    }
    if entry["bundle"]:
        user["policy"] = [f"urn:spe:policy:{entry['bundle']}"]
    yield {name: value for name, value in user.items() if value != []}


def _entities(entry: Mapping[str, Any], kind: Kind) -> Iterator[Json]:
    """Yield the one thing acted on, with every other field as its detail, and each subject by its digest."""
    found = [{"type": name, "valueString": text} for name, text in details(entry["data"])]
    yield {
        "what": _known(f"urn:spe:{kind.thing.replace(' ', '-')}", named(entry["data"], kind)),
        "type": _coding(_TERMS + "audit-entity-type", "2", "System Object"),
        "role": _coding(_TERMS + "object-role", "4", "Domain Resource"),
        **({"detail": found} if found else {}),
    }
    for digest in subjects(entry["data"]):
        yield {
            "what": {"type": "Patient", **_known("urn:spe:subject-digest", digest)},
            "type": _coding(_TERMS + "audit-entity-type", "1", "Person"),
            "role": _coding(_TERMS + "object-role", "1", "Patient"),
        }


def _known(system: str, value: str) -> Json:
    return {"identifier": {"system": system, "value": value}}


def _concept(system: str, code: str, display: str = "") -> Json:
    return {"coding": [_coding(system, code, display)]}


def _coding(system: str, code: str, display: str = "") -> Json:
    return {"system": system, "code": code, **({"display": display} if display else {})}
