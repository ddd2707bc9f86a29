"""One person with two roles, a false organisation, a view that is asked for under another name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from spe.catalogue.model import DuoTerm
from spe.cohort.model import Cohort
from spe.cohort.service import CohortDesk
from spe.errors import NotSignedIn
from spe.identity.claims import person as person_of
from spe.identity.model import Person, Role
from spe.output import questions as output_questions
from spe.output.model import Answer, OutputStatus, StoredFinding
from spe.output.service import OutputDesk
from spe.permit.service import PermitDesk
from spe.request import questions as request_questions
from spe.workspace import questions as workspace_questions
from tests.attacks.test_review_access_world import MARIO, anyone, desk, policies, tried
from tests.unit.policy.good_questions import (
    APPLICATION,
    APPROVER,
    CHECKER,
    DATASET,
    NOW,
    PERMIT,
    ROSA,
    reviewed,
)

HIDDEN = {"sha256", "raw_sha256", "rows", "size"}
FOUND = StoredFinding("below_threshold", "stop", "checkers", "", ("III", "yes"), ())
OUTPUT = replace(reviewed(status=OutputStatus.IN_REVIEW), findings=(FOUND,))
TWO_ROLES = replace(ROSA, roles=(Role.DATA_USER, Role.OUTPUT_CHECKER))
COLLEAGUE = anyone("rita", ROSA.organisation, Role.OUTPUT_CHECKER)
COHORT = Cohort(
    id="pm-1.hospital-1", permit="pm-1", site="hospital-1", dataset="gbsg2-1", dataset_sha256="0" * 64, fields=("grade",),
    epoch=4, bundle="b", subjects=200, excluded=3, rows="r" * 64, sha256="c" * 64, size=9,
)  # fmt: skip


def outputs(vault: Any = None) -> OutputDesk:
    return OutputDesk(desk(PERMIT, OUTPUT).pep, vault)


@pytest.mark.parametrize(
    "viewer", [TWO_ROLES, COLLEAGUE], ids=["user and checker", "checker of the project's organisation"]
)
def test_who_is_not_independent_sees_no_digest_and_no_finding_for_checkers(viewer: Person) -> None:
    seen = outputs().show(viewer, OUTPUT.id) if tried(lambda: outputs().show(viewer, OUTPUT.id)) else {}
    assert not HIDDEN & set(seen)
    assert not seen.get("findings")


def test_an_auditor_who_is_on_the_team_reads_no_unreleased_bytes() -> None:
    class Vault:
        def open(self, _name: str, _scope: str) -> Any:
            return iter((b"grade,n\nIII,3\n",))

    assert not tried(
        lambda: outputs(Vault()).content(replace(ROSA, roles=(Role.AUDITOR, Role.DATA_USER)), OUTPUT.id)
    )


@pytest.mark.parametrize("other", [Role.OUTPUT_CHECKER, Role.CODE_APPROVER, Role.AUDITOR, Role.CHAIR])
def test_nobody_signs_in_with_two_roles_that_check_each_other(other: Role) -> None:
    claims = {"sub": "rosa", "organisation": "uni-a", "roles": [Role.DATA_USER.value, other.value]}
    with pytest.raises(NotSignedIn):
        person_of(claims)


def test_a_team_member_of_another_organisation_than_the_application_says_is_not_the_listed_person() -> None:
    elsewhere = anyone("tom", "uni-of-the-checker", Role.DATA_USER)
    question = workspace_questions.open_workspace(elsewhere, "open", PERMIT, "hospital-1", "current", NOW)
    assert not policies().ask(question).allow


def test_a_checker_of_a_users_true_organisation_is_not_independent() -> None:
    # Tom's token says office-1, the application called him of uni-b: clara of office-1 checks her colleague's work.
    tom = anyone("tom", CHECKER.organisation, Role.DATA_USER)
    works = (
        policies()
        .ask(workspace_questions.open_workspace(tom, "open", PERMIT, "hospital-1", "current", NOW))
        .allow
    )
    review = output_questions.review(
        CHECKER, Answer.APPROVE, reviewed(), PERMIT, "b" * 64, NOW, justified=True
    )
    assert not (works and policies().ask(review).allow)


@pytest.mark.parametrize(
    "viewer",
    [APPROVER, MARIO, anyone("oscar", "ops", Role.OPERATOR)],
    ids=["approver", "committee", "operator"],
)
def test_who_may_not_read_cohorts_reads_none(viewer: Person) -> None:
    cohorts = CohortDesk(desk(PERMIT, COHORT).pep)
    assert not tried(lambda: cohorts.show(viewer, "pm-1", "hospital-1"))


def test_who_may_not_read_a_permits_file_gets_no_document() -> None:
    assert not tried(lambda: PermitDesk(desk(PERMIT).pep).document(APPROVER, "pm-1"))


def test_a_person_without_the_role_of_a_data_user_opens_no_workspace() -> None:
    nobody = replace(ROSA, roles=(Role.OPERATOR,))
    assert (
        not policies()
        .ask(workspace_questions.open_workspace(nobody, "open", PERMIT, "hospital-1", "current", NOW))
        .allow
    )


def submitted(duo: tuple[DuoTerm, ...], **changes: Any) -> bool:
    facts = request_questions.facts(replace(APPLICATION, **changes), {DATASET.id: replace(DATASET, duo=duo)})
    return policies().ask(request_questions.submit(ROSA, facts, NOW)).allow


DS = DuoTerm("DUO:0000007", "MONDO:0007254")


def test_a_general_research_purpose_is_not_within_a_disease() -> None:
    assert not submitted((DS,), uses=("general_research",))


def test_genetic_studies_only_means_only() -> None:
    assert submitted((DS, DuoTerm("DUO:0000016")), uses=("genetic_research",))
    assert not submitted((DS, DuoTerm("DUO:0000016")), uses=("genetic_research", "training_of_algorithms"))


def test_general_research_outside_research_purposes_is_refused_on_biomedical_data() -> None:
    assert not submitted((DuoTerm("DUO:0000006"),), uses=("general_research",), purpose="f")
