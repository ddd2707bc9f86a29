"""A cohort: the subjects of one site whose data one permit may use, at one epoch of the directives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from spe.audit.events import Event
from spe.audit.events.cohort import CohortBuilt, CohortDestroyed, CohortOutdated


class CohortStatus(StrEnum):
    """A stale cohort waits to be rebuilt and nothing new may start on it; a destroyed one has no key any more."""

    CURRENT = "current"
    STALE = "stale"
    DESTROYED = "destroyed"


class CohortCommand(StrEnum):
    """What the worker does with a cohort."""

    BUILD = "build"
    OUTDATE = "outdate"
    DESTROY = "destroy"


TRANSITIONS: Mapping[tuple[CohortStatus, CohortCommand], CohortStatus] = {
    (CohortStatus.CURRENT, CohortCommand.BUILD): CohortStatus.CURRENT,
    (CohortStatus.CURRENT, CohortCommand.OUTDATE): CohortStatus.STALE,
    (CohortStatus.CURRENT, CohortCommand.DESTROY): CohortStatus.DESTROYED,
    (CohortStatus.STALE, CohortCommand.BUILD): CohortStatus.CURRENT,
    (CohortStatus.STALE, CohortCommand.OUTDATE): CohortStatus.STALE,
    (CohortStatus.STALE, CohortCommand.DESTROY): CohortStatus.DESTROYED,
}
LEAVES: Mapping[CohortCommand, type[Event]] = {
    CohortCommand.BUILD: CohortBuilt,
    CohortCommand.OUTDATE: CohortOutdated,
    CohortCommand.DESTROY: CohortDestroyed,
}
"""What each command leaves in the log, in the very Change that takes the step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """What is known of a cohort; its rows are a sealed object. Exact numbers are for holder and auditor only.

    `rows` is the keyed digest of the subjects in, by which two cohorts can be told apart without naming anybody.
    """

    table: ClassVar[str] = "cohort"
    indexed: ClassVar[tuple[str, ...]] = ("permit", "site", "status")

    id: str
    permit: str
    site: str
    dataset: str
    dataset_sha256: str
    fields: tuple[str, ...]
    epoch: int
    bundle: str
    subjects: int
    excluded: int
    rows: str
    sha256: str
    size: int
    status: CohortStatus = CohortStatus.CURRENT


def manifest(cohort: Cohort, *, exact: bool) -> dict[str, Any]:
    """Return the cohort's manifest: exact for the holder and the auditor, coarse and without epoch for all others."""
    shown: dict[str, Any] = {
        "permit": cohort.permit,
        "site": cohort.site,
        "dataset": cohort.dataset,
        "dataset_sha256": cohort.dataset_sha256,
        "fields": list(cohort.fields),
        "policy_bundle": cohort.bundle,
        "rows": cohort.rows,
    }
    if exact:
        return shown | {"epoch": cohort.epoch, "subjects": cohort.subjects, "excluded": cohort.excluded}
    return shown | {"excluded": "<10"}
