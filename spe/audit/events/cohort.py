"""Events of cohorts."""

from dataclasses import dataclass
from typing import ClassVar

from spe.audit.events.model import Event


@dataclass(frozen=True, slots=True)
class CohortBuilt(Event):
    """A cohort was built from a dataset under the directives of one epoch."""

    type: ClassVar[str] = "cohort.built"
    permit: str
    site: str
    dataset: str
    epoch: int
    rows: str


@dataclass(frozen=True, slots=True)
class CohortOutdated(Event):
    """A cohort no longer agrees with the directives or the dataset."""

    type: ClassVar[str] = "cohort.outdated"
    permit: str
    site: str


@dataclass(frozen=True, slots=True)
class CohortDestroyed(Event):
    """A cohort's rows can't be read any more."""

    type: ClassVar[str] = "cohort.destroyed"
    permit: str
    site: str
