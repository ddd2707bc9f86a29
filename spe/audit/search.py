"""What to look for in the log, and how an entry is judged: its bytes first, since most are soon known not to fit."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from spe.audit.events import StaffRef
from spe.crypto import canonical
from spe.errors import IntegrityFailure, Malformed
from spe.ids import is_id

Recogniser = Callable[[str, str], bool]
_AT = len(b'{"at":"')
_INSTANT = len("2026-03-01T09:00:00.000000Z")
_SEALED = b'"who":{"id":{"sealed":"'


class StaffOpener(Protocol):
    """Opens what hides staff, and knows subjects by their keyed digests."""

    def seal_staff(self, staff: StaffRef) -> str:
        """Return the identifier sealed: always as long for identifiers as long as this one."""
        ...

    def open_staff(self, sealed: str) -> str:
        """Return who was sealed."""
        ...

    def recogniser(self, subject: str) -> Recogniser | None:
        """Return what says of an entry's nonce and a digest in it whether that is of `subject`; no key, no link."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What entries must be like; what is empty does not matter.

    `about` is an identifier, a member of staff or a subject, `also` are identifiers and `subjects` subjects that do as
    well; `type` is a type, or what types begin with (`permit`); `since` and `before` are instants with their zone.
    """

    about: str = ""
    also: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    type: str = ""
    since: str = ""
    before: str = ""
    role: str = ""
    organisation: str = ""


class Sieve:
    """A search made ready: no entry that fits is lost by its look at the bytes, and what it lets through it reads."""

    def __init__(self, search: Search, opener: StaffOpener) -> None:
        self._search = search
        self._opener = opener
        self._things = frozenset((search.about, *search.also)) if search.about else frozenset()
        self._named = re.compile(b"|".join(re.escape(_inside(thing)) for thing in sorted(self._things)))
        self._needles = tuple(_needles(search))
        self._since, self._before = _instant(search.since), _instant(search.before)
        # What has the form of our own identifiers is nobody.
        person = search.about if search.about and not is_id(search.about.partition(".")[0]) else ""
        self._sealed_length = len(opener.seal_staff(StaffRef(person))) if person else 0
        asked = (person, *search.subjects) if person else ()
        self._subjects = tuple(filter(None, (opener.recogniser(name) for name in asked)))

    def take(self, raw: bytes) -> dict[str, Any] | None:
        """Return the entry with its staff in clear where it fits."""
        if not self._may_fit(raw):
            return None
        entry = opened(raw, self._opener)
        return entry if self._fits(entry) else None

    def _may_fit(self, raw: bytes) -> bool:
        for needle in self._needles:
            if needle not in raw:
                return False
        if self._since or self._before:
            at = raw[_AT : _AT + _INSTANT]
            if at < self._since or (self._before and at >= self._before):
                return False
        return not self._things or self._named.search(raw) is not None or self._may_be_of_a_person(raw)

    def _may_be_of_a_person(self, raw: bytes) -> bool:
        if self._sealed_length and self._is_of_staff(raw):
            return True
        return bool(self._subjects) and b'{"digest":"' in raw

    def _is_of_staff(self, raw: bytes) -> bool:
        start = raw.rfind(_SEALED) + len(_SEALED)
        end = start + self._sealed_length
        if start < len(_SEALED) or raw.find(b'"', start) != end:
            return False
        return self._opener.open_staff(raw[start:end].decode("ascii")) == self._search.about

    def _fits(self, entry: dict[str, Any]) -> bool:
        search, who = self._search, entry["who"]
        return (
            (not search.type or f"{entry['type']}.".startswith(f"{search.type.rstrip('.')}."))
            and (not search.organisation or who["organisation"] == search.organisation)
            and (not search.role or search.role in who["role"].split("+"))
            and (not self._things or self._mentions(entry))
        )

    def _mentions(self, entry: dict[str, Any]) -> bool:
        values = entry["data"].values()
        return entry["who"]["id"] == self._search.about or any(self._is_about(one, entry) for one in values)

    def _is_about(self, value: Any, entry: dict[str, Any]) -> bool:
        if isinstance(value, list):
            return any(self._is_about(item, entry) for item in value)
        if isinstance(value, dict):
            digest = value.get("digest")
            return any(is_subject(entry["nonce"], str(digest)) for is_subject in self._subjects)
        return isinstance(value, str) and names(value, self._things)


def names(value: str, things: Collection[str]) -> bool:
    """Say whether a text is one of `things`, or an identifier that one of them is a part of."""
    return value in things or any(part in things for part in value.replace("/", ".").split("."))


def opened(raw: bytes, opener: StaffOpener) -> dict[str, Any]:
    """Return an entry with its staff in clear."""
    try:
        entry: dict[str, Any] = json.loads(raw)
        sealed = entry["who"]["id"]["sealed"]
    except (ValueError, KeyError, TypeError):
        raise IntegrityFailure("an entry of the log is damaged: `spe audit verify` names it") from None
    return {**entry, "who": {**entry["who"], "id": str(opener.open_staff(sealed))}}


def instant(text: str, name: str) -> str:
    """Return an instant as entries hold it; `Malformed` for one without a zone."""
    if not text:
        return ""
    try:
        given = datetime.fromisoformat(text)
    except ValueError:
        given = None
    if given is None or given.tzinfo is None:
        raise Malformed(f"{name}: an instant with its zone, such as 2026-03-01T09:00:00+01:00")
    return given.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _instant(text: str) -> bytes:
    return instant(text, "instant").encode("ascii")


def _needles(search: Search) -> list[bytes]:
    """Return what must be in an entry's bytes; inside text a quotation mark is escaped, so a name is a name."""
    found = []
    if search.type:
        found.append(b'"type":"' + _inside(search.type.rstrip(".")))
    if search.organisation:
        found.append(b'"organisation":"' + _inside(search.organisation) + b'"')
    if search.role:
        found.append(_inside(search.role))
    return found


def _inside(text: str) -> bytes:
    """Return how an entry writes `text`, without its quotation marks."""
    return canonical.encode(text)[1:-1]
