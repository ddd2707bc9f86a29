"""Events of data permits."""

from dataclasses import dataclass
from typing import ClassVar

from spe.audit.events.model import Event


@dataclass(frozen=True, slots=True)
class PermitIssued(Event):
    """A permit was signed; `sha256` is of the statement."""

    type: ClassVar[str] = "permit.issued"
    permit: str
    request: str
    sha256: str
    expires: int


@dataclass(frozen=True, slots=True)
class PermitSuspended(Event):
    """A permit was suspended, at once."""

    type: ClassVar[str] = "permit.suspended"
    permit: str
    reason_sha256: str


@dataclass(frozen=True, slots=True)
class PermitResumed(Event):
    """A suspended permit was resumed."""

    type: ClassVar[str] = "permit.resumed"
    permit: str
    reason_sha256: str


@dataclass(frozen=True, slots=True)
class HearingOpened(Event):
    """The permit's holder was told the grounds for a revocation (EHDS Art. 63(2))."""

    type: ClassVar[str] = "permit.hearing_opened"
    permit: str


@dataclass(frozen=True, slots=True)
class HearingReplied(Event):
    """The permit's holder replied."""

    type: ClassVar[str] = "permit.hearing_replied"
    permit: str


@dataclass(frozen=True, slots=True)
class PermitRevoked(Event):
    """A permit was revoked."""

    type: ClassVar[str] = "permit.revoked"
    permit: str
    reason_sha256: str


@dataclass(frozen=True, slots=True)
class PermitKeyDestroyed(Event):
    """The data key of a permit was destroyed: nothing sealed under it can be read again."""

    type: ClassVar[str] = "permit.key_destroyed"
    permit: str
