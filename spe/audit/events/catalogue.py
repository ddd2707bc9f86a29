"""Events of the catalogue."""

from dataclasses import dataclass
from typing import ClassVar

from spe.audit.events.model import Event


@dataclass(frozen=True, slots=True)
class DatasetRegistered(Event):
    """A data holder announced a dataset by its entry."""

    type: ClassVar[str] = "catalogue.registered"
    dataset: str
    holder: str


@dataclass(frozen=True, slots=True)
class DatasetDelivered(Event):
    """A dataset's bytes were sealed here; `sha256` is of the file as delivered."""

    type: ClassVar[str] = "catalogue.delivered"
    dataset: str
    sha256: str


@dataclass(frozen=True, slots=True)
class DatasetWithdrawn(Event):
    """A data holder took a dataset out of the catalogue."""

    type: ClassVar[str] = "catalogue.withdrawn"
    dataset: str
