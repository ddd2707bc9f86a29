"""One question per gate that policy allows, made by the stages' own builders from their own values."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from spe.audit.events import StaffRef
from spe.audit.receipts import Happened
from spe.catalogue import questions as catalogue
from spe.catalogue.model import Dataset, DatasetKind, DatasetStatus, DuoTerm, Identifiability
from spe.catalogue.variables import Variable, VariableGroup, VariableType
from spe.code import questions as code
from spe.code.model import Approval, Code, Manifest
from spe.cohort import questions as cohort
from spe.consent import questions as consent
from spe.decision import questions as decision
from spe.decision.model import (
    Case,
    CaseCommand,
    CaseStatus,
    Conditions,
    Declaration,
    Opinion,
    OpinionKind,
    Vote,
)
from spe.identity import questions as identity
from spe.identity.model import WORKER, Person, Role
from spe.output import questions as output
from spe.output.model import Answer, Output, OutputReview, OutputStatus
from spe.oversight import questions as oversight
from spe.permit import questions as permit
from spe.permit.model import Controllers, DataPermit, Grant, Hearing, Member, PermitCommand
from spe.policy.document import document
from spe.policy.model import Question
from spe.release import questions as release
from spe.request import questions as request
from spe.request.model import (
    AccessRequest,
    Application,
    RequestStatus,
    Route,
    TeamMember,
    WantedDataset,
    WantedVariable,
)
from spe.ropa import questions as ropa
from spe.run import questions as run
from spe.subject import questions as subject
from spe.workspace import questions as workspace

NOW: Final = 1_800_000_000
LATER: Final = NOW + 400 * 86_400
NAMES: Final = ("grade", "hormone_therapy", "time", "event")


def person(name: str, organisation: str, *roles: Role, holder: str = "") -> Person:
    return Person(StaffRef(name), name, organisation, roles, holder, LATER, LATER, NOW - 9)


ROSA: Final = person("rosa", "uni-a", Role.DATA_USER)
TEAM: Final = person("tom", "uni-b", Role.DATA_USER)
CHAIR: Final = person("carla", "body-1", Role.CHAIR)
MEMBER: Final = person("mario", "body-2", Role.COMMITTEE)
APPROVER: Final = person("anna", "lab-1", Role.CODE_APPROVER)
CHECKER: Final = person("clara", "office-1", Role.OUTPUT_CHECKER)
HOLDER: Final = person("hugo", "hospital-1", Role.DATA_HOLDER, holder="hospital-1")
AUDITOR: Final = person("ada", "court", Role.AUDITOR)

DATASET: Final = Dataset(
    id="gbsg2-1",
    holder="hospital-1",
    organisation="hospital-1",
    title="GBSG2",
    description="Breast cancer",
    country="IT",
    kind=DatasetKind.TABLE,
    identifiability=Identifiability.PSEUDONYMISED,
    duo=(DuoTerm("DUO:0000007", "MONDO:0007254"), DuoTerm("DUO:0000019"), DuoTerm("DUO:0000025", "24")),
    purposes=("e", "f"),
    subject_field="subject",
    variables=tuple(
        Variable(name, name, VariableType.INTEGER, VariableGroup.OUTCOME, low=0.0, high=9.0) for name in NAMES
    ),
    status=DatasetStatus.AVAILABLE,
)
APPLICATION: Final = Application(
    title="Hormones and recurrence",
    lay_summary="Does hormone therapy go with fewer recurrences?",
    route=Route.CONSORTIUM,
    purpose="e",
    purpose_detail="Association of therapy and recurrence",
    public_body=False,
    commercial=False,
    uses=("analysis",),
    disease="MONDO:0004989",
    datasets=(WantedDataset("gbsg2-1", tuple(WantedVariable(name, "needed") for name in NAMES)),),
    identifiability=Identifiability.PSEUDONYMISED,
    pseudonymised_why="Times to event",
    legal_basis="6(1)(a)",
    article_9="9(2)(a)",
    team=(TeamMember(TEAM.id, TEAM.organisation),),
    days=365,
    safeguards="Inside the environment only",
    tools=("python",),
    ethics_reference="EC-1",
    opt_out_exception="",
    publication="Open access",
)
REQUEST: Final = AccessRequest(
    id="rq-1",
    applicant=ROSA.id,
    organisation=ROSA.organisation,
    application=APPLICATION,
    status=RequestStatus.SUBMITTED,
    submitted=NOW - 9,
)
VOTERS: Final = (CHAIR, MEMBER, person("vera", "body-2", Role.COMMITTEE))
CASE: Final = Case(
    id="rq-1",
    opinions=tuple(Opinion(kind, MEMBER.id, True, "good", 1) for kind in OpinionKind),
    declarations=tuple(Declaration(voter.id, False, "none", 1) for voter in VOTERS),
    votes=tuple(Vote(voter.id, voter.organisation, True, "yes", 1) for voter in VOTERS),
)
PERMIT: Final = DataPermit(
    id="pm-1",
    request="rq-1",
    route=Route.CONSORTIUM,
    purpose="e",
    legal_basis="6(1)(a)",
    article_9="9(2)(a)",
    opt_out_exception=False,
    applicant=ROSA.id,
    organisation=ROSA.organisation,
    members=(Member(ROSA.id, "uni-a"), Member(TEAM.id, "uni-b")),
    grants=(Grant("hospital-1", "gbsg2-1", NAMES, "0" * 64, "pseudonymised"),),
    issued=NOW - 1000,
    expires=NOW + 30 * 86_400,
    aggregates_only=True,
    obligations=(),
    controllers=Controllers("body-1", "hospital-1", "uni-a"),
    demo=True,
    statement="",
    signature="",
    hearing=Hearing(NOW - 100, "breach", NOW - 50, "sorry"),
)
CODE: Final = Code(
    id="co-1",
    permit="pm-1",
    by=ROSA.id,
    title="Table",
    manifest=Manifest(
        files=(), entry="main.py", argv=(), environment=(), import_path=(), runtime="", sandbox="", parameters=(),
        layouts=(), fields=NAMES,
    ),
    digest="d" * 64,
    approvals=(Approval(StaffRef("alba"), "lab-2", "d" * 64, NOW - 5),),
)  # fmt: skip


def _agreed() -> Code:
    return replace(CODE, approvals=(*CODE.approvals, Approval(APPROVER.id, "lab-1", CODE.digest, NOW - 4)))


def reviewed(*reviews: OutputReview, status: OutputStatus = OutputStatus.IN_REVIEW) -> Output:
    return Output(
        id="ou-1", run="rn-1", permit="pm-1", site="hospital-1", name="table.csv", layout={}, cohort="c", rows="r",
        collected=NOW, raw_sha256="a" * 64, sha256="b" * 64, status=status, reviews=reviews,
    )  # fmt: skip


def given(by: str, answer: Answer, organisation: str = "office-2") -> OutputReview:
    return OutputReview(StaffRef(by), organisation, answer, "seen", "b" * 64, NOW - 5)


FACTS: Final = request.facts(APPLICATION, {DATASET.id: DATASET})
_GRANTED: Final = Case(
    id="rq-1", status=CaseStatus.GRANTED, conditions=Conditions(30, True), letter="Granted."
)
_HAPPENED: Final = Happened(
    "f-1",
    "directive.recorded",
    "hospital-1",
    {"kind": "withdrawal", "effective": NOW - 1, "subject": "s"},
    NOW,
)


GOOD: Final[dict[str, Question]] = {
    question.gate: question
    for question in (
        catalogue.register(HOLDER, DATASET, NOW, delivering=False),
        consent.record(HOLDER, "hospital-1", 12, NOW),
        request.preflight(ROSA, FACTS, NOW),
        request.submit(ROSA, FACTS, NOW),
        request.act(ROSA, "withdraw", REQUEST, NOW),
        decision.decide(CHAIR, CaseCommand.GRANT, CASE, REQUEST, NOW, Conditions(30, True), "Because."),
        permit.issue(WORKER, replace(REQUEST, status=RequestStatus.GRANTED), _GRANTED, 1, catalogue.conditions(DATASET), NOW),
        permit.act(CHAIR, PermitCommand.REVOKE, PERMIT, reason=True, now=NOW),
        permit.reaction(WORKER, _HAPPENED, PERMIT, "hospital-1", NOW),
        code.register(ROSA, PERMIT, ("grade", "event"), 2, NOW, recomputable=True),
        code.approve(APPROVER, "approve", CODE, PERMIT, CODE.digest, NOW),
        code.seal(WORKER, _agreed(), PERMIT, CODE.digest, NOW),
        cohort.build(WORKER, PERMIT, PERMIT.grants[0], NOW, unchanged=True),
        workspace.open_workspace(ROSA, "open", PERMIT, "hospital-1", "current", NOW),
        workspace.mount(WORKER, PERMIT, "hospital-1", "open", "current", "run", NOW, current=True),
        run.RunStart(
            identity.caller(ROSA), NOW, permit.facts(PERMIT), "hospital-1", "real", "rosa", "approved", True, True,
            "open", "current", 3,
        ),
        run.stop(ROSA, PERMIT, "hospital-1", NOW),
        output.check(WORKER, PERMIT, "hospital-1", "count", NOW),
        output.submit(ROSA, "submit", reviewed(status=OutputStatus.PASSED), PERMIT, NOW, reason=False),
        output.review(
            CHECKER, Answer.APPROVE, reviewed(given("carl", Answer.APPROVE)), PERMIT, "b" * 64, NOW, justified=False
        ),
        release.make(
            ROSA,
            "ask",
            PERMIT,
            "hospital-1",
            (
                reviewed(
                    given("carl", Answer.APPROVE), given("clara", Answer.APPROVE), status=OutputStatus.APPROVED
                ),
            ),
            NOW,
            code_intact=True,
        ),
        release.get(ROSA, "download", PERMIT, "hospital-1", "released", NOW, reason=False),
        permit.see(ROSA, PERMIT, NOW),
        identity.read_audit(AUDITOR, "timeline", "pm-1", NOW),
        oversight.hints(AUDITOR, NOW),
        oversight.hold(AUDITOR, "place", NOW, reason=True),
        ropa.export(AUDITOR, "", NOW),
        subject.report(HOLDER, "hospital-1", NOW),
        subject.erase(HOLDER, "hospital-1", "b", NOW, holds=0, waiting=False, permits=()),
        oversight.purge(AUDITOR, NOW - 400 * 86_400, NOW, last_end=0, holds=0),
    )
}  # fmt: skip


def good(gate: str) -> dict[str, Any]:
    """Return the good question of `gate` as the document that an engine reads."""
    return document(GOOD[gate])
