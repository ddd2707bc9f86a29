"""Events of subjects' own questions and of their erasure. None after the order names the subject, not even as a digest."""

from dataclasses import dataclass
from typing import ClassVar

from spe.audit.events.model import Event, SubjectRef


@dataclass(frozen=True, slots=True)
class SubjectReported(Event):
    """Somebody is about to be told what happened with a subject's data (GDPR Art. 15)."""

    type: ClassVar[str] = "subject.reported"
    holder: str
    subject: SubjectRef


@dataclass(frozen=True, slots=True)
class ErasureOrdered(Event):
    """A holder had a subject's traces erased, on a ground of GDPR Art. 17(1); whose is told nowhere in the log."""

    type: ClassVar[str] = "erasure.ordered"
    erasure: str
    holder: str
    ground: str


@dataclass(frozen=True, slots=True)
class SubjectForgotten(Event):
    """An erased subject's rows are deleted; they are counted and not named, since together they would be linked."""

    type: ClassVar[str] = "erasure.forgotten"
    erasure: str
    directives: int
    receipts: int
    holds: int


@dataclass(frozen=True, slots=True)
class SubjectKeyDestroyed(Event):
    """The erased subject's key is destroyed: no digest in any entry can be linked to them or to another any more."""

    type: ClassVar[str] = "erasure.key_destroyed"
    erasure: str


@dataclass(frozen=True, slots=True)
class SubjectErased(Event):
    """The database's files were written anew since: what was deleted stays in none of them."""

    type: ClassVar[str] = "erasure.done"
    erasure: str
