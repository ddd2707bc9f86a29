"""What kind of act each type of entry is, and what it acts on: the one table that every format is made from.

A test walks the closed catalogue: a type of entry that is not here fails it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Action(StrEnum):
    """What was done, by the letters of FHIR's AuditEvent.action."""

    CREATE = "C"
    READ = "R"
    UPDATE = "U"
    DELETE = "D"
    EXECUTE = "E"


@dataclass(frozen=True, slots=True)
class Kind:
    """The act, what sort of thing it acts on, and the field of the entry that names the thing."""

    action: Action
    thing: str
    field: str
    failed: bool = False


def _kinds(action: Action, thing: str, field: str, *types: str) -> dict[str, Kind]:
    return dict.fromkeys(types, Kind(action, thing, field))


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        **_kinds(Action.CREATE, "dataset", "dataset", "catalogue.registered"),
        **_kinds(Action.UPDATE, "dataset", "dataset", "catalogue.delivered", "catalogue.withdrawn"),
        **_kinds(Action.CREATE, "directives", "holder", "directive.recorded"),
        **_kinds(Action.EXECUTE, "directives", "holder", "directive.imported"),
        **_kinds(Action.EXECUTE, "draft", "", "request.preflighted"),
        **_kinds(Action.CREATE, "request", "request", "request.submitted"),
        **_kinds(
            Action.UPDATE,
            "request",
            "request",
            "request.returned",
            "request.withdrawn",
            "decision.opinion",
            "decision.declared",
            "decision.voted",
            "decision.granted",
            "decision.refused",
        ),
        **_kinds(Action.CREATE, "permit", "permit", "permit.issued"),
        **_kinds(
            Action.UPDATE,
            "permit",
            "permit",
            "permit.suspended",
            "permit.resumed",
            "permit.hearing_opened",
            "permit.hearing_replied",
            "permit.revoked",
        ),
        **_kinds(Action.DELETE, "permit key", "permit", "permit.key_destroyed"),
        **_kinds(Action.CREATE, "code", "code", "code.registered"),
        **_kinds(Action.UPDATE, "code", "code", "code.approved_by", "code.rejected", "code.sealed"),
        **_kinds(Action.CREATE, "cohort", "permit", "cohort.built"),
        **_kinds(Action.UPDATE, "cohort", "permit", "cohort.outdated"),
        **_kinds(Action.DELETE, "cohort", "permit", "cohort.destroyed"),
        **_kinds(Action.CREATE, "workspace", "workspace", "workspace.opened"),
        **_kinds(
            Action.UPDATE,
            "workspace",
            "workspace",
            "workspace.halted",
            "workspace.resumed",
            "workspace.closing",
        ),
        **_kinds(Action.DELETE, "workspace", "workspace", "workspace.gone"),
        **_kinds(Action.READ, "cohort data", "workspace", "workspace.data_unsealed"),
        **_kinds(Action.CREATE, "run", "run", "run.queued"),
        **_kinds(Action.EXECUTE, "run", "run", "run.started"),
        **_kinds(Action.UPDATE, "run", "run", "run.ended"),
        **_kinds(Action.CREATE, "output", "output", "output.collected", "output.fixed"),
        **_kinds(Action.EXECUTE, "output", "output", "output.checked"),
        **_kinds(
            Action.UPDATE,
            "output",
            "output",
            "output.submitted",
            "output.answered",
            "output.reviewed",
            "output.held",
            "output.rechecked",
        ),
        **_kinds(Action.DELETE, "output", "output", "output.destroyed"),
        **_kinds(Action.CREATE, "release", "release", "release.asked"),
        **_kinds(
            Action.UPDATE,
            "release",
            "release",
            "release.made",
            "release.stopped",
            "release.held",
            "release.rechecked",
            "release.recalled",
        ),
        **_kinds(Action.READ, "release", "release", "release.downloaded"),
        **_kinds(Action.READ, "record", "about", "record.read"),
        **_kinds(Action.READ, "sealed object", "object", "object.opened"),
        **_kinds(Action.UPDATE, "records", "", "record.written"),
        **_kinds(Action.READ, "log", "about", "audit.read"),
        **_kinds(Action.EXECUTE, "log", "report", "audit.reconciled"),
        **_kinds(Action.READ, "log", "size", "audit.copied"),
        **_kinds(Action.CREATE, "log", "copy", "audit.restored"),
        **_kinds(Action.CREATE, "log", "origin", "audit.opened"),
        **_kinds(Action.UPDATE, "log", "new", "audit.key_rotated"),
        **_kinds(Action.EXECUTE, "route", "route", "api.answered"),
        **_kinds(Action.EXECUTE, "route", "", "api.public"),
        **_kinds(Action.READ, "token", "", "identity.shown", "identity.shown_again"),
        **_kinds(Action.EXECUTE, "sign-in", "", "identity.signed_in", "identity.signed_out"),
        **_kinds(Action.EXECUTE, "process", "process", "process.started", "process.stopped"),
        **_kinds(Action.CREATE, "hold", "hold", "hold.placed"),
        **_kinds(Action.UPDATE, "hold", "hold", "hold.lifted"),
        **_kinds(Action.READ, "subject's report", "holder", "subject.reported"),
        **_kinds(Action.CREATE, "erasure", "erasure", "erasure.ordered"),
        **_kinds(Action.DELETE, "records", "erasure", "erasure.forgotten"),
        **_kinds(Action.DELETE, "subject's key", "erasure", "erasure.key_destroyed"),
        **_kinds(Action.UPDATE, "database files", "erasure", "erasure.done"),
        **_kinds(Action.READ, "record of processing", "scope", "ropa.exported"),
        **_kinds(Action.CREATE, "receipt", "fact", "reaction.receipt"),
        **_kinds(Action.EXECUTE, "facts", "", "reaction.handed_on"),
        **_kinds(Action.UPDATE, "policy bundle", "digest", "policy.activated"),
        **_kinds(Action.UPDATE, "witnesses", "", "witness.named"),
        "witness.contradicted": Kind(Action.EXECUTE, "witness", "witness", failed=True),
        "policy.refused": Kind(Action.EXECUTE, "gate", "about", failed=True),
        "identity.refused": Kind(Action.EXECUTE, "sign-in", "", failed=True),
    }
)


def named(data: Mapping[str, object], kind: Kind) -> str:
    """Return what the entry acts on; the sort of thing where it names none."""
    return str(data.get(kind.field) or kind.thing)
