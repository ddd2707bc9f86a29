"""Every gate: the question types of all stages, in the order of the journey."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from spe.catalogue.questions import CatalogueRegister
from spe.code.questions import CodeApprove, CodeRegister, CodeSeal
from spe.cohort.questions import CohortBuild
from spe.consent.questions import DirectiveRecord
from spe.decision.questions import Decide
from spe.identity.questions import AuditRead, RecordRead
from spe.output.questions import OutputCheck, OutputReviewed, OutputSubmit
from spe.oversight.questions import AuditHints, AuditHold, AuditPurge
from spe.permit.questions import PermitAct, PermitIssue, ReactionRule
from spe.policy.model import Question
from spe.release.questions import ReleaseGet, ReleaseMake
from spe.request.questions import RequestAct, RequestPreflight, RequestSubmit
from spe.ropa.questions import RopaExport
from spe.run.questions import RunStart, RunStop
from spe.subject.questions import SubjectErase, SubjectReport
from spe.workspace.questions import DataMount, WorkspaceOpen

QUESTIONS: tuple[type[Question], ...] = (
    CatalogueRegister,
    DirectiveRecord,
    RequestPreflight,
    RequestSubmit,
    RequestAct,
    Decide,
    PermitIssue,
    PermitAct,
    CodeRegister,
    CodeApprove,
    CodeSeal,
    CohortBuild,
    WorkspaceOpen,
    DataMount,
    RunStart,
    RunStop,
    ReactionRule,
    OutputCheck,
    OutputSubmit,
    OutputReviewed,
    ReleaseMake,
    ReleaseGet,
    RecordRead,
    AuditRead,
    AuditHints,
    AuditHold,
    AuditPurge,
    SubjectReport,
    SubjectErase,
    RopaExport,
)

JOURNEY: Mapping[str, tuple[type[Question], ...]] = MappingProxyType(
    {
        "request": (RequestPreflight, RequestSubmit, RequestAct),
        "workspace": (WorkspaceOpen, DataMount),
        "code": (CodeRegister, CodeApprove, CodeSeal),
        "run": (RunStart, RunStop),
        "release": (ReleaseMake, ReleaseGet),
    }
)
"""The five gates that every project goes through, each with what is asked there."""
