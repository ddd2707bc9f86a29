"""An entry as an OCSF event: API Activity (6003) for what was called and read, Entity Management (3004) for what changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from spe import __version__
from spe.oversight.formats.details import details, subjects
from spe.oversight.formats.kinds import KINDS, Action, Kind, named

Json = dict[str, Any]
VERSION = "1.4.0"
_API, _ENTITY = (
    (6003, "API Activity", 6, "Application Activity"),
    (
        3004,
        "Entity Management",
        3,
        "Identity & Access Management",
    ),
)
_ACTIVITIES: Mapping[Action, tuple[int, str]] = MappingProxyType(
    {
        Action.CREATE: (1, "Create"),
        Action.READ: (2, "Read"),
        Action.UPDATE: (3, "Update"),
        Action.DELETE: (4, "Delete"),
        Action.EXECUTE: (99, "Execute"),
    }
)


def to_ocsf(entry: Mapping[str, Any], origin: str) -> Json:
    """Return the event of one entry of the timeline of the log `origin`."""
    kind = KINDS[entry["type"]]
    changes = kind.action in {Action.CREATE, Action.UPDATE, Action.DELETE}
    class_uid, class_name, category_uid, category_name = _ENTITY if changes else _API
    activity_id, activity_name = _ACTIVITIES[kind.action]
    who, data = entry["who"], entry["data"]
    event = {
        "activity_id": activity_id,
        "activity_name": activity_name,
        "category_uid": category_uid,
        "category_name": category_name,
        "class_uid": class_uid,
        "class_name": class_name,
        "type_uid": class_uid * 100 + activity_id,
        "type_name": f"{class_name}: {activity_name}",
        "time": _milliseconds(entry["at"]),
        "severity_id": 2 if kind.failed else 1,
        "severity": "Low" if kind.failed else "Informational",
        "status_id": 2 if kind.failed else 1,
        "status": "Failure" if kind.failed else "Success",
        "message": entry["type"],
        "metadata": _metadata(entry, origin),
        "actor": {"user": _user(who)},
        "unmapped": _unmapped(entry),
        **(_changed(kind, data) if changes else _called(entry, kind)),
    }
    if kind.failed and "reasons" in data:
        event["status_detail"] = ", ".join(data["reasons"])
    if entry["type"] == "identity.refused":
        event["count"] = data["count"]
    return event


def _metadata(entry: Mapping[str, Any], origin: str) -> Json:
    return {
        "version": VERSION,
        "product": {"name": "spe", "vendor_name": "spe", "version": __version__},
        "uid": f"{origin}#{entry['index']}",
        "sequence": entry["index"],
        "event_code": entry["type"],
        "log_name": origin,
        "original_time": entry["at"],
    }


def _user(who: Mapping[str, str]) -> Json:
    user: Json = {"uid": who["id"], "type_id": 3 if who["role"] == "worker" else 1}
    groups = [{"name": role} for role in who["role"].split("+") if role]
    organisation = {"org": {"name": who["organisation"]}} if who["organisation"] else {}
    return {**user, **({"groups": groups} if groups else {}), **organisation}


def _called(entry: Mapping[str, Any], kind: Kind) -> Json:
    data = entry["data"]
    return {
        "api": {"operation": str(data.get("gate") or entry["type"]), "service": {"name": "spe"}},
        # Required by the class; the log knows no addresses.
        "src_endpoint": {"uid": "unknown"},
        "resources": [{"uid": named(data, kind), "type": kind.thing}],
    }


def _changed(kind: Kind, data: Mapping[str, Any]) -> Json:
    return {"entity": {"uid": named(data, kind), "type": kind.thing}}


def _unmapped(entry: Mapping[str, Any]) -> Json:
    """Return what the class has no place for, by the entry's own names."""
    found: Json = dict(details(entry["data"]))
    digests = list(subjects(entry["data"]))
    return {
        **found,
        **({"subject_digests": digests} if digests else {}),
        **({"policy_bundle": entry["bundle"]} if entry["bundle"] else {}),
    }


def _milliseconds(at: str) -> int:
    return int(datetime.fromisoformat(at).timestamp() * 1000)
