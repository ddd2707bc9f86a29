"""The desks that the API calls: one a stage, put together by wiring."""

from __future__ import annotations

from dataclasses import dataclass

from spe.catalogue.service import CatalogueDesk
from spe.code.service import CodeDesk
from spe.cohort.service import CohortDesk
from spe.consent.service import ConsentDesk
from spe.decision.service import CaseDesk
from spe.output.service import OutputDesk
from spe.oversight.hints import HintDesk
from spe.oversight.holds import HoldDesk
from spe.oversight.proofs import ProofDesk
from spe.oversight.retention import RetentionDesk
from spe.oversight.service import AuditDesk
from spe.permit.service import PermitDesk
from spe.release.service import ReleaseDesk
from spe.request.service import RequestDesk
from spe.ropa.service import RopaDesk
from spe.run.service import RunDesk
from spe.subject.erasing import ErasureDesk
from spe.subject.service import SubjectDesk
from spe.workspace.service import WorkspaceDesk


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
    proofs: ProofDesk
    hints: HintDesk
    holds: HoldDesk
    retention: RetentionDesk
    subjects: SubjectDesk
    erasures: ErasureDesk
    ropa: RopaDesk
