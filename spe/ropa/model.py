"""What the record of processing activities holds: values only, in codes that the law or this reference explains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from spe.errors import Malformed
from spe.values import from_stored

VERSION = 1


class Kind(StrEnum):
    """What an activity is: a use under a permit, or what goes on as long as data are here."""

    PERMIT = "permit"
    DATASET = "dataset"
    DIRECTIVES = "directives"
    LOG = "log"


class Part(StrEnum):
    """What a party is in an activity (EHDS Art. 74; GDPR Art. 4(7), 4(8))."""

    DECIDING = "deciding"
    PROVIDING = "providing"
    USING = "using"
    PROCESSING = "processing"


class Limit(StrEnum):
    """When data of an activity are erased (GDPR Art. 30(1)(f))."""

    PERMIT_ENDS = "permit_ends"
    HOLDER_WITHDRAWS = "holder_withdraws"
    HOLDER_LEAVES = "holder_leaves"
    RETENTION = "retention"


class Measure(StrEnum):
    """Security measures, in general terms (GDPR Art. 30(1)(g), 32(1))."""

    PSEUDONYMS = "pseudonyms"
    SEALED = "sealed"
    KEY_DESTROYED = "key_destroyed"
    ISOLATED = "isolated"
    APPROVED_CODE = "approved_code"
    CHECKED_OUTPUTS = "checked_outputs"
    POLICY = "policy"
    LOGGED = "logged"


@dataclass(frozen=True, slots=True)
class Party:
    """A controller or processor with how to reach them and their data protection officer; empty where nobody said."""

    id: str
    part: Part
    name: str = ""
    country: str = ""
    contact: str = ""
    officer: str = ""


@dataclass(frozen=True, slots=True)
class Recipient:
    """An organisation whose people work with the data, and its country."""

    id: str
    country: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the log says was done under a permit: the entry of its issue, and how often since."""

    issued: int
    runs: int
    releases: int
    downloads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One activity: the letters of Art. 30(1) in their order.

    `purpose` is a letter of EHDS Art. 53(1), or "" outside a permit; `legal_basis` is "" where it is the holder's own to say. `people` are categories of data subjects,
    `how_many` is rounded down to tens, or "". `data` are categories of data. `transfers` are the recipients outside
    the EEA. Instants as text with a zone, "" where there is none.
    """

    id: str
    kind: Kind
    status: str
    parties: tuple[Party, ...]
    purpose: str
    legal_basis: str
    article_9: str
    people: tuple[str, ...]
    how_many: str
    data: tuple[str, ...]
    recipients: tuple[Recipient, ...]
    transfers: tuple[Recipient, ...]
    begins: str
    ends: str
    limit: Limit
    kept_seconds: int
    measures: tuple[Measure, ...]
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ropa:
    """The record of `scope` (a party, or "" for all) as of a log of `size` entries; `missing` says what nobody said."""

    version: int
    register: str
    scope: str
    demo: bool
    at: str
    size: int
    activities: tuple[Activity, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What the register knows of a party."""

    name: str
    country: str
    contact: str
    officer: str


@dataclass(frozen=True, slots=True)
class Register:
    """What policy knows and the records don't: who parties are, who stands for a body, and how long the log is kept."""

    version: str
    parties: Mapping[str, Known]
    standing_for: Mapping[str, str]
    environment: str
    eea: tuple[str, ...]
    seconds_least: int
    seconds_after_permit: int

    @classmethod
    def parse(cls, profile: Mapping[str, Any]) -> Register:
        """Return the register that policy answered; `Malformed` for anything else."""
        parties = profile.get("parties")
        if not isinstance(parties, Mapping):
            raise Malformed("profile.parties: must be a map")
        known = {str(name): from_stored(Known, one) for name, one in parties.items()}
        bare = from_stored(_Bare, {name: one for name, one in profile.items() if name != "parties"})
        return cls(
            bare.version,
            known,
            {str(name): str(party) for name, party in bare.standing_for.items()},
            bare.environment,
            bare.eea,
            bare.seconds_least,
            bare.seconds_after_permit,
        )

    def party(self, name: str, part: Part) -> Party:
        """Return the party that is `name` or stands for it."""
        id_ = self.standing_for.get(name, name)
        known = self.parties.get(id_)
        if known is None:
            return Party(id_, part)
        return Party(id_, part, known.name, known.country, known.contact, known.officer)

    def recipient(self, name: str) -> Recipient:
        """Return an organisation with its country, "" where nobody said."""
        known = self.parties.get(name)
        return Recipient(name, known.country if known else "")

    def outside(self, recipients: tuple[Recipient, ...]) -> tuple[Recipient, ...]:
        """Return those known to be outside the EEA."""
        return tuple(one for one in recipients if one.country and one.country not in self.eea)


@dataclass(frozen=True, slots=True)
class _Bare:
    version: str
    standing_for: Mapping[str, Any]
    environment: str
    eea: tuple[str, ...]
    seconds_least: int
    seconds_after_permit: int


def missing(activities: tuple[Activity, ...]) -> tuple[str, ...]:
    """Return what the law asks for and nobody said, and permits that the log knows nothing of."""
    found = {
        f"{party.id}: {name}"
        for activity in activities
        for party in activity.parties
        for name in ("name", "country", "contact", "officer")
        if not getattr(party, name)
    }
    found |= {
        f"{one.id}: country" for activity in activities for one in activity.recipients if not one.country
    }
    found |= {f"{one.id}: safeguards of a transfer" for activity in activities for one in activity.transfers}
    found |= {
        f"{one.id}: no entry of the log issues it"
        for one in activities
        if one.evidence and one.evidence.issued < 0
    }
    return tuple(sorted(found))
