"""People who lose access at a real Keycloak have lost it here within thirty seconds, whatever way they came in."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import httpx2
import pytest

from spe.adapters.personas import Persona
from spe.identity.model import Role
from spe.values import to_data
from spe.web.examples import APPLICATION
from tests.services.browser import NotLetIn
from tests.services.keycloak_place import WINDOW, Place, opened_place
from tests.services.keycloak_server import KeycloakServer, People

pytestmark = [pytest.mark.services, pytest.mark.timeout(600)]
_POLL = 0.25
ENDS: dict[str, Callable[[People, str], object]] = {
    "removed": lambda people, name: people.admin.delete_user(people.id_of(name)),
    "disabled": lambda people, name: people.change(name, enabled=False),
    "signed.out": lambda people, name: people.admin.user_logout(people.id_of(name)),
    "member.past": lambda people, name: people.change(name, attributes={"member_until": ["5"]}),
    "training.past": lambda people, name: people.change(name, attributes={"trained_until": ["5"]}),
    "moved.away": lambda people, name: people.change(name, attributes={"holder": ["hospital-berlin"]}),
}


@pytest.fixture(scope="module")
def place(keycloak: KeycloakServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with opened_place(replace(keycloak, realm="access"), tmp_path_factory.mktemp("place")) as made:
        yield made


def test_whoever_loses_access_has_lost_it_within_thirty_real_seconds(place: Place) -> None:
    tokens = {name: place.people.token(place.hired(name)) for name in ENDS}
    assert {place.me(token).status_code for token in tokens.values()} == {200}
    for name, end in ENDS.items():
        end(place.people, name)
    start, lasted = time.monotonic(), dict[str, float]()
    while lasted.keys() != tokens.keys() and time.monotonic() - start < 2 * WINDOW:
        for name in tokens.keys() - lasted.keys():
            if place.me(tokens[name]).status_code == 401:
                lasted[name] = time.monotonic() - start
        time.sleep(_POLL)
    print("D7 " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in sorted(lasted.items())))
    assert lasted.keys() == tokens.keys()
    assert max(lasted.values()) <= WINDOW + 1


@pytest.mark.parametrize("name", ["removed", "disabled"])
def test_whoever_lost_the_account_signs_in_no_more(place: Place, name: str) -> None:
    login = place.hired(f"{name}.later")
    assert place.me(place.people.token(login)).status_code == 200
    ENDS[name](place.people, login.name)
    with pytest.raises(NotLetIn):
        place.people.token(login)


def test_keys_change_at_the_provider_while_people_work(place: Place) -> None:
    old = place.people.token(place.hired("before.change"))
    assert place.me(old).status_code == 200
    realm = place.people.admin.get_realm(place.keycloak.realm)
    key = {
        "name": "the next key",
        "providerId": "rsa-generated",
        "providerType": "org.keycloak.keys.KeyProvider",
        "parentId": realm["id"],
        "config": {"priority": ["900"], "enabled": ["true"], "active": ["true"], "algorithm": ["RS256"]},
    }
    place.people.admin.create_component(key)
    new = place.people.token(place.hired("after.change"))
    assert _kid(new) != _kid(old)
    place.clock.seconds += WINDOW
    assert [place.me(token).status_code for token in (new, old, new)] == [200, 200, 200]


def _kid(token: str) -> str:
    head = token.partition(".")[0]
    return str(json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))["kid"])


def test_whose_membership_has_ended_signs_in_and_is_refused_by_policy(place: Place) -> None:
    token = place.people.token(place.hired("former.member", member_until=5))
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "former-member-1"}
    answer = httpx2.post(
        f"{place.url}/v1/requests", headers=headers, json=to_data(APPLICATION), trust_env=False
    )
    assert answer.status_code == 403
    assert "membership_ended" in {reason["code"] for reason in answer.json()["reasons"]}


def test_two_organisations_or_two_roles_that_check_each_other_sign_in_nobody(place: Place) -> None:
    both = Persona("two.roles", "Two Roles", "uni-bologna", (Role.DATA_USER, Role.OUTPUT_CHECKER), "")
    assert place.me(place.people.token(place.people.hire(both))).status_code == 401
    token = place.people.token(place.hired("two.organisations"))
    assert place.me(token).status_code == 200
    admin, id_ = place.people.admin, place.people.id_of("two.organisations")
    group = (
        admin.create_group({"name": "elsewhere"}, skip_exists=True)
        or admin.get_group_by_path("/elsewhere")["id"]
    )
    admin.group_user_add(id_, group)
    place.clock.seconds += WINDOW
    assert place.me(token).status_code == 401
