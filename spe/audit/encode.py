"""An entry as bytes: canonical JSON with staff sealed and subjects digested, one encoding per entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC
from functools import cache
from typing import Any, Protocol, get_args, get_type_hints

from spe.audit.change import Entry
from spe.audit.events import StaffRef, SubjectRef
from spe.audit.writes import Write, fresh
from spe.crypto import canonical
from spe.errors import Malformed

LARGEST_ENTRY = 65_535


class Identities(Protocol):
    """Hides people: staff under a key that auditors' views open, subjects under a key of their own."""

    def seal_staff(self, staff: StaffRef) -> str:
        """Return the sealed identifier."""
        ...

    def digest_subject(self, subject: SubjectRef, nonce: str) -> str:
        """Return the subject's digest for the entry with `nonce`; no two entries' digests can be linked without the key."""
        ...

    def digest_record(self, table: str, id_: str) -> str:
        """Return the name under which the log knows a record; without the key nobody finds the record by it."""
        ...


def encode(entry: Entry, identities: Identities, writes: Sequence[Write] = (), nonce: str = "") -> bytes:
    """Return the entry's bytes (RFC 8785); raise `Malformed` past 64 KiB, the limit of C2SP entry bundles.

    A time without its zone is `Malformed` too: what it means would depend on the machine.

    `writes` are the records that commit with it, so that the log says what the database must hold. `nonce` is one of
    the `fresh`, which no other entry has; without it one is drawn.
    """
    if entry.at.tzinfo is None:
        raise Malformed("an entry's time has no time zone")
    event, nonce = entry.event, nonce or next(fresh())
    body = {
        "v": 1,
        "at": entry.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "type": event.type,
        "who": _hidden(entry.who, identities, nonce),
        "bundle": entry.bundle or "",
        "decisions": list(entry.decisions),
        "nonce": nonce,
        "data": _hidden(event, identities, nonce),
        "writes": [[write.table, write.version, write.record, write.commitment] for write in writes],
    }
    encoded = canonical.encode(body)
    if len(encoded) > LARGEST_ENTRY:
        raise Malformed(f"an entry of {len(encoded)} bytes is larger than the log takes")
    return encoded


def names_subjects(event: Any) -> bool:
    """Say whether events of this kind are about subjects, so that encoding one takes their keys."""
    return _kind_names_subjects(event.__class__)


@cache
def _kind_names_subjects(kind: Any) -> bool:
    hints = get_type_hints(kind).values()
    return any(SubjectRef in (hint, *get_args(hint)) for hint in hints)


def _hidden(value: Any, identities: Identities, nonce: str) -> dict[str, Any]:
    return {name: _hide(getattr(value, name), identities, nonce) for name in _names(value.__class__)}


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _hide(value: Any, identities: Identities, nonce: str) -> Any:
    if isinstance(value, StaffRef):
        return {"sealed": identities.seal_staff(value)}
    if isinstance(value, SubjectRef):
        return {"digest": identities.digest_subject(value, nonce)}
    if isinstance(value, tuple):
        return [_hide(item, identities, nonce) for item in value]
    return value
