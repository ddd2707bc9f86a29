"""Events of copying the whole database, and of a log that goes on from a copy."""

from dataclasses import dataclass
from typing import ClassVar

from spe.audit.events.model import Event


@dataclass(frozen=True, slots=True)
class DatabaseCopied(Event):
    """A copy of the whole database is about to be made, with all entries up to this one."""

    type: ClassVar[str] = "audit.copied"
    size: int


@dataclass(frozen=True, slots=True)
class LogRestored(Event):
    """The database was made from a copy of `size` entries, with the SHA-256 `copy`; `signed` were signed here before."""

    type: ClassVar[str] = "audit.restored"
    size: int
    signed: int
    copy: str
