"""Events of holding the log to what really happened."""

from dataclasses import dataclass
from typing import ClassVar

from spe.audit.events.model import Event


@dataclass(frozen=True, slots=True)
class LogReconciled(Event):
    """The log was compared with what really happened; `report` is the SHA-256 of the report's file."""

    type: ClassVar[str] = "audit.reconciled"
    size: int
    matched: int
    explained: int
    unmatched: int
    report: str
