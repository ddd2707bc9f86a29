from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spe.errors import NotSignedIn
from spe.identity.claims import CLAIMS, Need, person
from spe.identity.model import Role

GOOD = {"sub": "anna.ricci", "organisation": "uni-bologna", "roles": ["committee", "chair"]}


def test_claims_become_a_person_with_roles_in_order() -> None:
    found = person({**GOOD, "holder": "hospital-milano", "trained_until": 7, "name": "Anna"})
    assert found.roles == (Role.CHAIR, Role.COMMITTEE)
    assert (found.holder, found.trained_until, found.member_until, found.name) == (
        "hospital-milano",
        7,
        0,
        "Anna",
    )


def test_the_workers_role_never_comes_from_a_token() -> None:
    for roles in (["worker"], ["data_user", "worker"]):
        with pytest.raises(NotSignedIn):
            person({**GOOD, "roles": roles})


@pytest.mark.parametrize("pair", list(combinations(sorted(set(Role) - {Role.WORKER}), 2)))
def test_only_chair_and_committee_go_together(pair: tuple[Role, Role]) -> None:
    claims = {**GOOD, "roles": [role.value for role in pair]}
    if set(pair) == {Role.CHAIR, Role.COMMITTEE}:
        assert set(person(claims).roles) == set(pair)
        return
    with pytest.raises(NotSignedIn):
        person(claims)


def test_a_third_role_is_not_let_in_by_a_pair_that_goes_together() -> None:
    with pytest.raises(NotSignedIn):
        person({**GOOD, "roles": ["chair", "committee", "data_user"]})


def test_ignored_claims_are_not_read() -> None:
    ignored = {claim.name: object() for claim in CLAIMS if claim.need is Need.IGNORED}
    assert person({**GOOD, **ignored}) == person(GOOD)


def test_every_claim_is_in_the_table_once() -> None:
    names = [claim.name for claim in CLAIMS]
    assert len(set(names)) == len(names)


@given(
    st.dictionaries(
        st.sampled_from([claim.name for claim in CLAIMS]),
        st.none() | st.integers() | st.text() | st.lists(st.text()),
    )
)
def test_any_claims_give_a_person_or_the_one_error(claims: dict[str, object]) -> None:
    try:
        found = person({**GOOD, **claims})
    except NotSignedIn:
        return
    assert found.id
    assert Role.WORKER not in found.roles
