"""Independent people: who is of the project has no say in it, two organisations are needed, first words stay hidden."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from spe.code import questions as code
from spe.decision import questions as decision
from spe.decision.model import CaseCommand, Conditions
from spe.decision.rules import blind_view
from spe.identity.model import Person, Role
from spe.output import questions as output
from spe.output import rules as output_rules
from spe.output.model import Answer, OutputStatus
from spe.policy.model import DecisionPoint, Question
from spe.values import to_data
from tests.invariants.breaking import changed_policies, policy_point
from tests.unit.policy.good_questions import (
    APPROVER,
    CASE,
    CHAIR,
    CHECKER,
    CODE,
    NOW,
    PERMIT,
    REQUEST,
    ROSA,
    given,
    person,
    reviewed,
)  # fmt: skip

EVERY_ROLE = tuple(Role)
NEITHER = "{\n\tnot listed(input.caller.id)\n\tnot of_members(input.caller.organisation)\n}"


def holds(point: DecisionPoint) -> None:
    """Ask whether people of the project may decide, approve or check, whatever roles they have; then go below the quorum."""
    too_near = (replace(ROSA, roles=EVERY_ROLE), person("colin", ROSA.organisation, *EVERY_ROLE))
    for gate, ask in _ASKED.items():
        assert point.ask(ask(_INDEPENDENT[gate])).allow, f"{gate} refuses an independent person"
        for one in too_near:
            assert not point.ask(ask(one)).allow, f"{gate} allows {one.organisation}"
    alone = replace(CASE, votes=tuple(replace(vote, organisation="body-1") for vote in CASE.votes))
    assert not point.ask(_grant(CHAIR, alone)).allow, "one organisation granted alone"
    assert not point.ask(
        _grant(CHAIR, replace(CASE, votes=CASE.votes[:2], declarations=CASE.declarations[:2]))
    ).allow, "two votes were a quorum"


def stays_blind(view: Callable[..., dict[str, Any]], shown: Callable[..., dict[str, Any]]) -> None:
    """Look as the second voter, and as the second checker, after the first has spoken."""
    open_case = replace(CASE, votes=CASE.votes[:1])
    assert view(open_case, REQUEST, "mario", unsealed=False)["votes"] == [], (
        "a first vote is shown to the next voter"
    )
    output = reviewed(given("carl", Answer.APPROVE), status=OutputStatus.IN_REVIEW)
    assert shown(output, "clara")["reviews"] == [], "a first review is shown to the next checker"


def test_people_near_the_project_have_no_say() -> None:
    with policy_point() as point:
        holds(point)


def test_first_words_stay_hidden() -> None:
    stays_blind(blind_view, output_rules.shown)


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("decision/decide/decide.rego", "if input.caller.organisation in input.organisations", "if false"),
        ("tables/numbers/data.json", '"quorum_organisations": 2', '"quorum_organisations": 1'),
        ("tables/numbers/data.json", '"quorum_votes": 3', '"quorum_votes": 2'),
        ("permit/standing/standing.rego", f"independent if {NEITHER}", "independent := true"),
    ],
)  # fmt: skip
def test_it_is_seen_when_the_rules(tmp_path: Path, file: str, before: str, after: str) -> None:
    """Own organisation, number of organisations, number of votes, checkers and approvers of the project: each rule broken."""
    folder = changed_policies(tmp_path / "policies", file, before, after)
    with policy_point(folder) as point, pytest.raises(AssertionError):
        holds(point)


def test_it_is_seen_when_votes_or_reviews_are_shown() -> None:
    """The views give everything that is stored."""
    with pytest.raises(AssertionError, match="first vote"):
        stays_blind(lambda case, *_, unsealed: to_data(case), output_rules.shown)
    with pytest.raises(AssertionError, match="first review"):
        stays_blind(blind_view, lambda one, _: to_data(one))


def _grant(who: Person, case: Any = CASE) -> Question:
    return decision.decide(who, CaseCommand.GRANT, case, REQUEST, NOW, Conditions(30, True), "Because.")


def _vote(who: Person) -> Question:
    case = replace(
        CASE, votes=(), declarations=(*CASE.declarations, replace(CASE.declarations[0], by=who.id))
    )
    return decision.decide(who, CaseCommand.VOTE, case, REQUEST, NOW, Conditions(30, True), "")


def _approve(who: Person) -> Question:
    return code.approve(who, "approve", CODE, PERMIT, CODE.digest, NOW)


def _review(who: Person) -> Question:
    looked = reviewed(given("carl", Answer.APPROVE))
    return output.review(who, Answer.APPROVE, looked, PERMIT, "b" * 64, NOW, justified=False)


_ASKED: dict[str, Callable[[Person], Question]] = {
    "vote": _vote, "code.approve": _approve, "output.review": _review,
}  # fmt: skip
_INDEPENDENT = {"vote": CHAIR, "code.approve": APPROVER, "output.review": CHECKER}
