"""What is refused before anybody's time is taken, and who has no say.

A researcher tries drafts before submitting them: each refusal names its rule, its article and what mends it, in English
or Italian, and submitting such a draft meets the same reasons. A good one is submitted. The applicant, her colleague and a
committee member of her university are kept out of the decision; so is a member who has declared a conflict, with her opinion. First votes are blind, and
the chair can't grant before two opinions, a quorum and a letter are there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.builders import FEW, LUNG_CANCER, Table, application, patients
from tests.cast import Cast
from tests.voices import refused

NEAR = ("decides_for_own_organisation", "decides_own_request", "no_grounds", "role_missing")
STORY = (
    "catalogue.delivered",
    "request.preflighted",
    "policy.refused",
    "request.submitted",
    "policy.refused",
    "decision.opinion",
    "decision.opinion",
    "decision.declared",
    "decision.voted",
    "policy.refused",
    "decision.voted",
    "decision.granted",
    "permit.issued",
)


@pytest.fixture(scope="module")
def table(cast: Cast) -> Table:
    return cast.given_data(patients())[0]


@pytest.mark.parametrize(
    ("changes", "fields", "code", "article"),
    [
        ({"uses": ["advertising"]}, FEW, "use_prohibited", "Art. 54"),
        ({"article_9": "", "legal_basis": "6(1)(f)"}, FEW, "article_9_missing", "Art. 9"),
        ({"disease": LUNG_CANCER}, FEW, "duo_mismatch", ""),
        ({"purpose": "d", "uses": ["education"]}, (*FEW, "progrec"), "variable_beyond_purpose", "Art. 66"),
    ],
)
def test_a_draft_hears_its_rule_its_article_and_its_remedy(
    cast: Cast, table: Table, changes: dict[str, Any], fields: tuple[str, ...], code: str, article: str
) -> None:
    draft = application(table, fields=fields, **changes)
    english, italian = cast.researcher.preflights(draft), cast.researcher.preflights(draft, "it")
    assert not english["allowed"]
    assert [reason["code"] for reason in english["reasons"]] == [code]
    reason, anche = english["reasons"][0], italian["reasons"][0]
    assert article in reason["reference"]
    assert anche["reference"] == reason["reference"]
    assert all(reason[part] and anche[part] != reason[part] for part in ("message", "remedy"))
    with refused(code):
        cast.researcher.submits(draft)


def test_who_is_too_near_has_no_say_and_nobody_grants_alone(cast: Cast, table: Table, tmp_path: Path) -> None:
    committee, good = cast.committee, application(table)
    assert cast.researcher.preflights(good)["allowed"]
    case = cast.researcher.submits(good)
    path = f"/cases/{case}"
    for too_near, codes in (
        (cast.researcher, NEAR),
        (cast.colleague, NEAR),
        (committee.from_bologna, NEAR[:1]),
    ):
        with refused(*codes):
            too_near.post(f"{path}/declarations", conflict=False, text="none")

    chair, second, third = committee.members
    committee.opines(case)
    with refused("conflict_not_declared"):
        committee.votes(case, chair)
    committee.declares(case)
    committee.votes(case, chair)
    seen = second.get(path)
    assert (seen["votes"], seen["votes_hidden"]) == ([], 1)
    with refused("quorum_missing"):
        committee.decides(case)
    committee.votes(case, second)
    with refused("already_voted"):
        committee.votes(case, second)
    with refused("no_grounds", "quorum_missing", "role_missing"):
        second.post(f"{path}/decision", grant=True, letter="I grant.", conditions=_terms(30))
    committee.votes(case, third)
    assert len(second.get(path)["votes"]) == 3
    with refused("letter_missing"):
        chair.post(f"{path}/decision", grant=True, letter=" ", conditions=_terms(30))
    with refused("days_beyond_request"):
        committee.decides(case, days=91)
    committee.decides(case)
    cast.world.tick()
    permit = cast.researcher.get(f"/requests/{case}/permit")
    assert permit["expires"] - permit["issued"] == 30 * 86_400
    cast.auditor.proves(tmp_path, permit["id"], STORY)


def test_a_declared_conflict_takes_a_member_out_and_the_quorum_with_her(cast: Cast, table: Table) -> None:
    committee = cast.committee
    case = cast.researcher.submits(application(table))
    chair, second, third = committee.members
    committee.opines(case)
    for member in (chair, second):
        member.post(f"/cases/{case}/declarations", conflict=False, text="none")
    third.post(f"/cases/{case}/declarations", conflict=True, text="We wrote a paper together.")
    committee.votes(case, chair, second)
    with refused("conflict_declared"):
        committee.votes(case, third)
    with refused("opinion_missing", "quorum_missing"):
        committee.decides(case)


def _terms(days: int) -> dict[str, Any]:
    return {"days": days, "aggregates_only": True}
