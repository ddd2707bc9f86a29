"""The data permit: what was granted, as a signed statement that drives everything after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from spe.audit.events import Event, StaffRef
from spe.audit.events.permit import (
    HearingOpened,
    HearingReplied,
    PermitResumed,
    PermitRevoked,
    PermitSuspended,
)
from spe.policy.model import Obligation
from spe.request.model import Route


class PermitStatus(StrEnum):
    """Expiry is no status: it is judged from the clock whenever the permit is used."""

    ISSUED = "issued"
    SUSPENDED = "suspended"
    REVOKED = "revoked"


class PermitCommand(StrEnum):
    """Suspending is at once and reversible; revoking needs the hearing of EHDS Art. 63(2) on record."""

    SUSPEND = "suspend"
    RESUME = "resume"
    HEAR = "hear"
    REPLY = "reply"
    REVOKE = "revoke"


TRANSITIONS: Mapping[tuple[PermitStatus, PermitCommand], PermitStatus] = {
    (PermitStatus.ISSUED, PermitCommand.SUSPEND): PermitStatus.SUSPENDED,
    (PermitStatus.ISSUED, PermitCommand.HEAR): PermitStatus.ISSUED,
    (PermitStatus.ISSUED, PermitCommand.REPLY): PermitStatus.ISSUED,
    (PermitStatus.ISSUED, PermitCommand.REVOKE): PermitStatus.REVOKED,
    (PermitStatus.SUSPENDED, PermitCommand.RESUME): PermitStatus.ISSUED,
    (PermitStatus.SUSPENDED, PermitCommand.HEAR): PermitStatus.SUSPENDED,
    (PermitStatus.SUSPENDED, PermitCommand.REPLY): PermitStatus.SUSPENDED,
    (PermitStatus.SUSPENDED, PermitCommand.REVOKE): PermitStatus.REVOKED,
}
LEAVES: Mapping[PermitCommand, type[Event]] = {
    PermitCommand.SUSPEND: PermitSuspended,
    PermitCommand.RESUME: PermitResumed,
    PermitCommand.HEAR: HearingOpened,
    PermitCommand.REPLY: HearingReplied,
    PermitCommand.REVOKE: PermitRevoked,
}
"""What each command leaves in the log, in the very Change that takes the step."""


@dataclass(frozen=True, slots=True)
class Grant:
    """One site of the permit: a holder's dataset, the fields granted of it, and the digest of its data."""

    site: str
    dataset: str
    fields: tuple[str, ...]
    sha256: str
    identifiability: str


@dataclass(frozen=True, slots=True)
class Member:
    """A person who may use the data, as one of the organisation for which they were listed and of no other."""

    id: StaffRef
    organisation: str


@dataclass(frozen=True, slots=True)
class Controllers:
    """Who is controller in which phase (EHDS Art. 74)."""

    deciding: str
    providing: str
    using: str


@dataclass(frozen=True, slots=True)
class Hearing:
    """What the permit's holder was told and answered before a revocation; instants in seconds."""

    opened: int
    grounds: str
    replied: int = 0
    reply: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataPermit:
    """A permit as it is kept; `statement` is what was signed and never changes, `status` and `hearing` may."""

    table: ClassVar[str] = "data_permit"
    indexed: ClassVar[tuple[str, ...]] = ("request", "status", "applicant")

    id: str
    request: str
    route: Route
    purpose: str
    legal_basis: str
    article_9: str
    opt_out_exception: bool
    applicant: StaffRef
    organisation: str
    members: tuple[Member, ...]
    grants: tuple[Grant, ...]
    issued: int
    expires: int
    aggregates_only: bool
    obligations: tuple[Obligation, ...]
    controllers: Controllers
    demo: bool
    statement: str
    signature: str
    status: PermitStatus = PermitStatus.ISSUED
    hearing: Hearing | None = None
    reason: str = ""

    def users(self) -> tuple[str, ...]:
        """Return the identifiers of everybody who may use the data, in order."""
        return tuple(sorted({str(member.id) for member in self.members}))

    def organisations(self) -> tuple[str, ...]:
        """Return the organisations for which they were listed, in order."""
        return tuple(sorted({member.organisation for member in self.members}))

    def grant(self, site: str) -> Grant | None:
        """Return what is granted at `site`, or None."""
        return next((grant for grant in self.grants if grant.site == site), None)

    def at_site(self, site: str) -> str:
        """Return the key of this permit's things at `site`."""
        return f"{self.id}.{site}"


def is_over(permit: DataPermit, now: int) -> bool:
    """Say whether the permit is over: revoked, or past its last second."""
    return permit.status is PermitStatus.REVOKED or now >= permit.expires


def statement(permit: DataPermit) -> dict[str, Any]:
    """Return what is signed: everything but the signature and what may change later. Kind and version are inside."""
    return {
        "kind": "permit",
        "version": 1,
        "id": permit.id,
        "request": permit.request,
        "route": permit.route,
        "purpose": permit.purpose,
        "legal_basis": permit.legal_basis,
        "article_9": permit.article_9,
        "opt_out_exception": permit.opt_out_exception,
        "applicant": str(permit.applicant),
        "organisation": permit.organisation,
        "members": [{"id": str(one.id), "organisation": one.organisation} for one in permit.members],
        "grants": [
            {
                "site": grant.site,
                "dataset": grant.dataset,
                "fields": list(grant.fields),
                "sha256": grant.sha256,
                "identifiability": grant.identifiability,
            }
            for grant in permit.grants
        ],
        "issued": permit.issued,
        "expires": permit.expires,
        "aggregates_only": permit.aggregates_only,
        "obligations": [{"code": duty.code, "params": dict(duty.params)} for duty in permit.obligations],
        "controllers": {
            "deciding": permit.controllers.deciding,
            "providing": permit.controllers.providing,
            "using": permit.controllers.using,
        },
        "demo": permit.demo,
    }
