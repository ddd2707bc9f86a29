"""Events of the record of processing activities."""

from dataclasses import dataclass
from typing import ClassVar

from spe.audit.events.model import Event


@dataclass(frozen=True, slots=True)
class RopaExported(Event):
    """Somebody is about to be given the record of processing activities (GDPR Art. 30); `scope` is whose, empty for all."""

    type: ClassVar[str] = "ropa.exported"
    scope: str
