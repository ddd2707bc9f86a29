"""A committee decides on what it read: no vote is carried over, seen early, or counted for what changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from spe.decision.model import Case, Conditions, OpinionKind
from spe.decision.service import CaseDesk
from spe.errors import Denied, SpeError
from spe.request.model import AccessRequest, RequestStatus
from spe.request.service import RequestDesk
from tests.attacks.test_review_access_world import CHAIR, MARIO, SUBMITTED, VERA, Desk, desk, tried
from tests.unit.policy.good_questions import APPLICATION, DATASET, ROSA

ID = SUBMITTED.id


def deliberated(here: Desk) -> CaseDesk:
    cases = CaseDesk(here.pep)
    for kind in OpinionKind:
        cases.opine(MARIO, ID, kind, favourable=True, text="fine")
    for one in (CHAIR, MARIO, VERA):
        cases.declare(one, ID, conflict=False, text="none")
    for one in (CHAIR, MARIO, VERA):
        cases.vote(one, ID, favour=True, rationale="good")
    return cases


def test_votes_on_one_application_do_not_grant_another() -> None:
    here = desk(SUBMITTED, DATASET)
    cases, requests = deliberated(here), RequestDesk(here.pep)
    requests.send_back(MARIO, ID)
    requests.resubmit(
        ROSA, ID, replace(APPLICATION, title="Something else", days=700, commercial=True, team=())
    )
    with pytest.raises(Denied):
        cases.decide(CHAIR, ID, grant=True, letter="Granted.", conditions=Conditions(700, True))


def test_a_vote_does_not_count_for_an_application_that_was_replaced_while_it_was_cast() -> None:
    here = desk(SUBMITTED, DATASET)
    cases = CaseDesk(here.pep)
    cases.declare(MARIO, ID, conflict=False, text="none")
    here.point.gate, here.point.then = (
        "decision.decide",
        lambda: here.put(replace(SUBMITTED, status=RequestStatus.WITHDRAWN)),
    )
    with pytest.raises(SpeError):
        cases.vote(MARIO, ID, favour=True, rationale="good")
    assert here.value(AccessRequest, ID).status is RequestStatus.WITHDRAWN
    assert here.value(Case, ID).votes == ()


def test_a_first_vote_is_hidden_from_a_member_who_has_not_voted() -> None:
    here = desk(SUBMITTED)
    cases = CaseDesk(here.pep)
    cases.declare(CHAIR, ID, conflict=False, text="none")
    cases.vote(CHAIR, ID, favour=False, rationale="weak")
    assert cases.show(MARIO, ID)["votes"] == []


def test_an_applicant_does_not_read_the_deliberation() -> None:
    here = desk(SUBMITTED)
    cases = deliberated(here)
    assert not tried(lambda: cases.show(ROSA, ID))


def test_a_member_of_the_applicants_organisation_does_not_read_the_deliberation() -> None:
    here = desk(SUBMITTED)
    cases = deliberated(here)
    assert not tried(lambda: cases.show(replace(VERA, organisation=ROSA.organisation), ID))


def test_an_opinion_of_a_member_with_a_conflict_is_none() -> None:
    here = desk(SUBMITTED)
    cases = CaseDesk(here.pep)
    for kind in OpinionKind:
        cases.opine(MARIO, ID, kind, favourable=True, text="fine")
    cases.declare(MARIO, ID, conflict=True, text="my sister's project")
    nina = replace(VERA, id=type(VERA.id)("nina"))
    for one in (CHAIR, VERA, nina):
        cases.declare(one, ID, conflict=False, text="none")
    for one in (CHAIR, VERA, nina):
        cases.vote(one, ID, favour=True, rationale="good")
    with pytest.raises(Denied):
        cases.decide(CHAIR, ID, grant=True, letter="Granted.", conditions=Conditions(30, True))


def test_trying_to_decide_tells_nobody_how_hidden_votes_stand() -> None:
    codes = []
    for favour in (True, False):
        here = desk(SUBMITTED)
        cases = CaseDesk(here.pep)
        for one in (CHAIR, MARIO):
            cases.declare(one, ID, conflict=False, text="none")
        cases.vote(MARIO, ID, favour=favour, rationale="..")
        with pytest.raises(Denied) as denied:
            cases.decide(CHAIR, ID, grant=True, letter="", conditions=Conditions(30, True))
        codes.append({reason.code for reason in denied.value.reasons})
    assert codes[0] == codes[1]


def test_the_committee_is_told_what_the_machine_referred_to_it() -> None:
    from spe.catalogue.model import DuoTerm

    people = replace(
        DATASET, duo=(DuoTerm("DUO:0000007", "MONDO:0007254"), DuoTerm("DUO:0000027", "project-x"))
    )
    here = desk(people)
    requests, cases = RequestDesk(here.pep), CaseDesk(here.pep)
    done = requests.submit(ROSA, APPLICATION)
    assert "refer_to_committee" in here.said()
    assert "DUO:0000027" in str(cases.show(MARIO, done.id)) or "refer_to_committee" in str(
        cases.show(MARIO, done.id)
    )


def test_a_resubmission_keeps_the_duties_that_policy_answered_with() -> None:
    here = desk(SUBMITTED, DATASET)
    requests = RequestDesk(here.pep)
    requests.send_back(MARIO, ID)
    requests.resubmit(ROSA, ID, APPLICATION)
    assert "publish" in str(here.store.log[-1].event)
