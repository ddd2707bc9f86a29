"""Events of reading, reacting and the log itself."""

from dataclasses import dataclass
from typing import ClassVar

from spe.audit.events.model import Event, SubjectRef


@dataclass(frozen=True, slots=True)
class RecordSeen(Event):
    """Somebody read a record; committed before the first byte."""

    type: ClassVar[str] = "record.read"
    kind: str
    about: str
    view: str


@dataclass(frozen=True, slots=True)
class ObjectOpened(Event):
    """A process is about to open a sealed object, named with its scope; committed before the first byte."""

    type: ClassVar[str] = "object.opened"
    object: str
    scope: str


@dataclass(frozen=True, slots=True)
class RecordsWritten(Event):
    """Part of a change with more records and facts than one entry can tell of; the change's other entries follow."""

    type: ClassVar[str] = "record.written"
    count: int


@dataclass(frozen=True, slots=True)
class LogRead(Event):
    """Somebody read the log; what they asked about as a keyed digest, since it may be a person."""

    type: ClassVar[str] = "audit.read"
    view: str
    about: str
    asked: SubjectRef


@dataclass(frozen=True, slots=True)
class ReceiptGiven(Event):
    """A holder of data answered a fact."""

    type: ClassVar[str] = "reaction.receipt"
    fact: str
    holder: str
    thing: str
    action: str


@dataclass(frozen=True, slots=True)
class FactsHandedOn(Event):
    """Facts were handed to every holder of data; how many, and how many receipts came back."""

    type: ClassVar[str] = "reaction.handed_on"
    facts: int
    receipts: int


@dataclass(frozen=True, slots=True)
class LogOpened(Event):
    """The log's first entry; `demo` marks the database for ever."""

    type: ClassVar[str] = "audit.opened"
    origin: str
    demo: bool


@dataclass(frozen=True, slots=True)
class CheckpointKeyRotated(Event):
    """The log was handed on to another checkpoint key; both keys, as verifier keys, and a note that both of them signed."""

    type: ClassVar[str] = "audit.key_rotated"
    old: str
    new: str
    note: str


@dataclass(frozen=True, slots=True)
class BundleActivated(Event):
    """Another policy bundle is in force from here on."""

    type: ClassVar[str] = "policy.activated"
    digest: str


@dataclass(frozen=True, slots=True)
class UnauthenticatedRefused(Event):
    """Calls without a valid token in one minute, counted together."""

    type: ClassVar[str] = "identity.refused"
    minute: int
    count: int
