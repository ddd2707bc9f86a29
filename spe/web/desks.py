"""The desks that the API calls: one a stage, put together by wiring."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from spe.catalogue.service import CatalogueDesk
from spe.code.service import CodeDesk
from spe.cohort.service import CohortDesk
from spe.consent.service import ConsentDesk
from spe.decision.service import CaseDesk
from spe.identity.model import Person
from spe.output.service import OutputDesk
from spe.permit.service import PermitDesk
from spe.release.service import ReleaseDesk
from spe.request.service import RequestDesk
from spe.run.service import RunDesk
from spe.workspace.service import WorkspaceDesk


class AuditDesk(Protocol):
    """Where the log is read."""

    def timeline(self, person: Person, about: str, after: str, limit: int) -> tuple[Mapping[str, Any], ...]:
        """Return the entries about something, in order, after the entry `after`."""
        ...

    def export(self, person: Person) -> Iterator[bytes]:
        """Return the exported folder as a zip."""
        ...

    def head(self) -> Mapping[str, Any]:
        """Return the newest checkpoint; anybody may keep it."""
        ...

    def receipts(self, person: Person, about: str) -> tuple[Mapping[str, Any], ...]:
        """Return the receipts about something."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Desks:
    """Every desk there is."""

    requests: RequestDesk
    catalogue: CatalogueDesk
    consent: ConsentDesk
    cases: CaseDesk
    permits: PermitDesk
    code: CodeDesk
    cohorts: CohortDesk
    workspaces: WorkspaceDesk
    runs: RunDesk
    outputs: OutputDesk
    releases: ReleaseDesk
    audit: AuditDesk
