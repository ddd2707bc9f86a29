"""What policy is asked about the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from spe.catalogue.model import Dataset
from spe.identity.model import Person
from spe.identity.questions import Caller, caller
from spe.policy.model import Question


@dataclass(frozen=True, slots=True)
class Condition:
    """One DUO term of one dataset."""

    dataset: str
    code: str
    parameter: str


@dataclass(frozen=True, slots=True)
class CatalogueRegister(Question):
    """May this entry (or its data, `delivering`) be registered by this holder?"""

    gate: ClassVar[str] = "catalogue.register"
    caller: Caller
    now: int
    dataset: str
    holder: str
    organisation: str
    country: str
    kind: str
    identifiability: str
    anonymisation_evidence: bool
    conditions: tuple[Condition, ...]
    purposes: tuple[str, ...]
    variables: int
    subject_field: bool
    delivering: bool


def conditions(dataset: Dataset) -> tuple[Condition, ...]:
    """Return the dataset's DUO terms as policy reads them."""
    return tuple(Condition(dataset.id, term.code, term.parameter) for term in dataset.duo)


def register(person: Person, dataset: Dataset, now: int, *, delivering: bool) -> CatalogueRegister:
    """Ask whether `person` may register `dataset`, or deliver its data."""
    return CatalogueRegister(
        caller=caller(person),
        now=now,
        dataset=dataset.id,
        holder=dataset.holder,
        organisation=dataset.organisation,
        country=dataset.country,
        kind=dataset.kind,
        identifiability=dataset.identifiability,
        anonymisation_evidence=bool(dataset.anonymisation_evidence),
        conditions=conditions(dataset),
        purposes=dataset.purposes,
        variables=len(dataset.variables),
        subject_field=bool(dataset.subject_field),
        delivering=delivering,
    )
