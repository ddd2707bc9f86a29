"""A dataset's entry in the catalogue: who holds it, what is in it, and for what it may be used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from spe.audit.events import Event
from spe.audit.events.catalogue import DatasetDelivered, DatasetWithdrawn
from spe.catalogue.variables import Variable


class Identifiability(StrEnum):
    """Pseudonymised data are personal data and directives reach them; anonymised data need evidence instead."""

    PSEUDONYMISED = "pseudonymised"
    ANONYMISED = "anonymised"


class DatasetKind(StrEnum):
    """A table has rows and a codebook; of an imaging set only the entry and a header summary are kept here."""

    TABLE = "table"
    IMAGING = "imaging"


class DatasetStatus(StrEnum):
    """A dataset is announced by its entry, available once its data are sealed here, and may be withdrawn."""

    ANNOUNCED = "announced"
    AVAILABLE = "available"
    WITHDRAWN = "withdrawn"


class DatasetCommand(StrEnum):
    """What a data holder may do with a dataset."""

    DELIVER = "deliver"
    WITHDRAW = "withdraw"


TRANSITIONS: Mapping[tuple[DatasetStatus, DatasetCommand], DatasetStatus] = {
    (DatasetStatus.ANNOUNCED, DatasetCommand.DELIVER): DatasetStatus.AVAILABLE,
    (DatasetStatus.ANNOUNCED, DatasetCommand.WITHDRAW): DatasetStatus.WITHDRAWN,
    (DatasetStatus.AVAILABLE, DatasetCommand.WITHDRAW): DatasetStatus.WITHDRAWN,
}
LEAVES: Mapping[DatasetCommand, type[Event]] = {
    DatasetCommand.DELIVER: DatasetDelivered,
    DatasetCommand.WITHDRAW: DatasetWithdrawn,
}
"""What each command leaves in the log, in the very Change that takes the step."""


@dataclass(frozen=True, slots=True)
class DuoTerm:
    """A condition on use: a DUO identifier such as `DUO:0000007` and its parameter (a disease, a country), or ""."""

    code: str
    parameter: str = ""


@dataclass(frozen=True, slots=True)
class ImagingSummary:
    """Header summary of an imaging set; counts are exact and leave only as `published` gives them."""

    modalities: tuple[str, ...]
    body_parts: tuple[str, ...]
    files: int
    studies: int
    identity_removed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """One dataset of one holder. `subjects` is exact and for the holder and the auditor only."""

    table: ClassVar[str] = "dataset"
    indexed: ClassVar[tuple[str, ...]] = ("holder", "status")

    id: str
    holder: str
    organisation: str
    title: str
    description: str
    country: str
    kind: DatasetKind
    identifiability: Identifiability
    anonymisation_evidence: str = ""
    duo: tuple[DuoTerm, ...]
    purposes: tuple[str, ...]
    subject_field: str = ""
    variables: tuple[Variable, ...] = ()
    imaging: ImagingSummary | None = None
    status: DatasetStatus = DatasetStatus.ANNOUNCED
    subjects: int = 0
    sha256: str = ""
    stored_as: str = ""

    def variable(self, name: str) -> Variable | None:
        """Return the variable called `name`, or None."""
        return next((variable for variable in self.variables if variable.name == name), None)


def published(count: int) -> str:
    """Return a count as it may be shown to anybody: "<10" for small and zero alike, else rounded down to tens."""
    return "<10" if count < 10 else str(count // 10 * 10)
