from __future__ import annotations

from dataclasses import replace

import pytest

from spe.audit.events import StaffRef
from spe.decision.model import Case, CaseStatus, Conditions, OpinionKind, Vote
from spe.decision.rules import blind_view
from spe.decision.service import CaseDesk
from spe.errors import Denied
from spe.identity.model import Person
from spe.request.service import RequestDesk
from tests.attacks.test_review_access_world import CHAIR, MARIO, SUBMITTED, VERA, Desk, desk
from tests.unit.policy.good_questions import APPLICATION, DATASET, ROSA

ID = SUBMITTED.id
SECOND = replace(SUBMITTED, round=2)
VOTED = Case(
    id=ID,
    votes=(
        Vote(StaffRef("carla"), "body-1", True, "first round", 1),
        Vote(StaffRef("mario"), "body-2", False, "second round", 2),
        Vote(StaffRef("vera"), "body-3", True, "second round", 2),
    ),
)


def deliberate(here: Desk, *people: Person) -> CaseDesk:
    cases = CaseDesk(here.pep)
    for kind in OpinionKind:
        cases.opine(people[0], ID, kind, favourable=True, text="fine")
    for one in people:
        cases.declare(one, ID, conflict=False, text="none")
    for one in people:
        cases.vote(one, ID, favour=True, rationale="good")
    return cases


def test_a_second_round_is_decided_by_what_was_said_in_it() -> None:
    here = desk(SUBMITTED, DATASET)
    cases, requests = deliberate(here, MARIO, CHAIR, VERA), RequestDesk(here.pep)
    requests.send_back(MARIO, ID)
    requests.resubmit(ROSA, ID, APPLICATION)
    with pytest.raises(Denied) as denied:
        cases.vote(MARIO, ID, favour=True, rationale="again")
    assert {reason.code for reason in denied.value.reasons} == {"conflict_not_declared"}
    deliberate(here, MARIO, CHAIR, VERA)
    cases.decide(CHAIR, ID, grant=True, letter="Granted.", conditions=Conditions(30, True))
    case = here.value(Case, ID)
    assert (case.status, len(case.votes), len(case.in_round(2).votes)) == (CaseStatus.GRANTED, 6, 3)


def test_votes_open_when_the_last_who_declared_has_voted() -> None:
    here = desk(SUBMITTED, DATASET)
    cases = CaseDesk(here.pep)
    for one in (CHAIR, MARIO, VERA):
        cases.declare(one, ID, conflict=False, text="none")
    seen = []
    for one in (CHAIR, MARIO, VERA):
        cases.vote(one, ID, favour=True, rationale="good")
        seen.append([len(cases.show(other, ID)["votes"]) for other in (CHAIR, MARIO, VERA)])
    assert seen == [[1, 0, 0], [1, 1, 0], [3, 3, 3]]


def test_somebody_who_may_still_vote_sees_none_even_when_the_others_are_done() -> None:
    here = desk(SUBMITTED, DATASET)
    cases = deliberate(here, MARIO, CHAIR, VERA)
    late = replace(VERA, id=StaffRef("nina"))
    assert (cases.show(late, ID)["votes"], cases.show(late, ID)["votes_hidden"]) == ([], 3)


def test_a_sealed_round_shows_a_viewer_their_own_votes_only() -> None:
    view = blind_view(VOTED, SECOND, "mario", unsealed=False)
    assert ([vote["by"] for vote in view["votes"]], view["votes_hidden"]) == (["mario"], 1)


def test_an_unsealed_round_does_not_show_how_members_leaned_before() -> None:
    view = blind_view(VOTED, SECOND, "mario", unsealed=True)
    assert ([vote["by"] for vote in view["votes"]], view["votes_hidden"]) == (["mario", "vera"], 0)


def test_a_decided_case_shows_every_round() -> None:
    view = blind_view(replace(VOTED, status=CaseStatus.REFUSED), SECOND, "x", unsealed=False)
    assert len(view["votes"]) == 3
