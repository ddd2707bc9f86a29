"""People of a real Keycloak at a real `spe` server: they sign in with both factors from the command line, and lose access at once."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from spe.adapters.personas import PERSONAS, Persona
from spe.cli.main import main
from spe.clock import SystemClock
from spe.identity.model import Role
from spe.values import to_data
from spe.web import main as server
from spe.web.examples import APPLICATION
from spe.wiring.identity import Administrator, Setup, bootstrap
from tests.services.browser import Browser, Login, NotLetIn
from tests.services.keycloak_server import REALM, KeycloakServer, People, keycloak_server
from tests.unit.cli.typed import listening_app
from tests.world import settings_for

pytestmark = [pytest.mark.services, pytest.mark.timeout(600)]
ANNA = next(one for one in PERSONAS if one.id == "anna.ricci")
_WINDOW = 30


class Ahead:
    """The machine's clock, and how far this installation is ahead of it."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return SystemClock().now() + timedelta(seconds=self.seconds)


@dataclass
class Place:
    """An installation that Keycloak signs people in at."""

    keycloak: KeycloakServer
    people: People
    url: str
    clock: Ahead

    def me(self, token: str, path: str = "/v1/datasets") -> httpx2.Response:
        return httpx2.get(f"{self.url}{path}", headers={"Authorization": f"Bearer {token}"}, trust_env=False)

    def hired(self, name: str, **attributes: Any) -> Login:
        return self.people.hire(replace(ANNA, id=name), **attributes)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("place")
    with ExitStack() as open_:
        keycloak = open_.enter_context(keycloak_server(folder))
        administrator = Administrator(keycloak.url, "admin", keycloak.password)
        setup = Setup(administrator, REALM, "https://spe.example.eu", ("uni-bologna",), folder / "secrets")
        bootstrap(setup, apply=True)
        clock = Ahead()
        settings = replace(
            settings_for(folder / "home"), demo=False, oidc_issuer=keycloak.issuer, oidc_secrets=str(folder / "secrets"),
            public_url="https://spe.example.eu",
        )  # fmt: skip
        app = open_.enter_context(server.opened(settings, clock))
        url = open_.enter_context(listening_app(app))
        yield Place(keycloak, People(keycloak), url, clock)


@pytest.fixture
def terminal(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Any:
    """Return what runs a command of somebody's own terminal."""
    monkeypatch.setenv("SPE_LOGINS", str(tmp_path / "logins"))
    monkeypatch.setenv("SPE_URL", place.url)

    def run(*words: str) -> tuple[int, str]:
        capsys.readouterr()
        code = main(list(words))
        return code, "".join(capsys.readouterr())

    return run


def follow(login: Login, capsys: pytest.CaptureFixture[str], run: Callable[[], int]) -> int:
    """Run a command, and sign in with a browser where it says to; return its exit code."""
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(run()))
    thread.start()
    said = ""
    end = time.monotonic() + 60
    while thread.is_alive() and time.monotonic() < end:
        said += capsys.readouterr().err
        where = re.search(r"(http://\S+)", said)
        if where:
            with Browser() as browser:
                browser.sign_in(where[1], login)
            break
        time.sleep(0.1)
    thread.join(60)
    return codes[0]


def test_somebody_sets_up_their_second_factor_and_works_from_a_terminal(
    place: Place, terminal: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    login = place.people.employ("maria.neu", "uni-bologna", "data_user")
    assert terminal("catalogue", "list")[0] == 10
    assert follow(login, capsys, lambda: main(["login"])) == 0
    assert login.seed
    assert terminal("catalogue", "list")[0] == 0
    kept = next((tmp_path / "logins").iterdir())
    assert kept.stat().st_mode & 0o777 == 0o600
    assert terminal("logout")[0] == 0
    token = json.loads(kept.read_text())["access"] if kept.exists() else ""
    assert token == ""
    code, said = terminal("catalogue", "list")
    assert code == 10
    assert "spe login" in said


def test_a_token_says_what_the_verifier_expects_of_a_person_and_nothing_of_their_address(
    place: Place,
) -> None:
    token = place.people.token(place.hired("berta.blau", holder="hospital-milano"))
    assert place.me(token).status_code == 200
    import base64

    body = token.split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    assert (claims["sub"], claims["acr"], claims["organisation"]) == (
        "berta.blau",
        "second-factor",
        ["/uni-bologna"],
    )
    assert (claims["roles"], claims["aud"], claims["typ"]) == (["data_user"], "spe-api", "Bearer")
    assert not {"email", "preferred_username", "realm_access", "resource_access"} & set(claims)


@pytest.mark.parametrize("wrong", [{"password": "not the password at all"}, {"seed": "another secret"}])
def test_neither_factor_alone_lets_anybody_in(place: Place, wrong: dict[str, str]) -> None:
    name = "carlo.rot" if "seed" in wrong else "carla.rosa"
    login = replace(place.hired(name), **wrong)  # type: ignore[arg-type]
    with pytest.raises(NotLetIn):
        place.people.token(login)


def test_other_tokens_of_the_same_sign_in_are_no_access_tokens(place: Place) -> None:
    with Browser() as browser:
        given = browser.device_tokens(place.keycloak.issuer, "spe-cli", place.hired("dora.grau"))
    assert place.me(given["access_token"]).status_code == 200
    for name in ("id_token", "refresh_token"):
        assert place.me(given[name]).status_code == 401


def test_a_token_for_another_client_or_of_another_realm_is_refused(place: Place) -> None:
    password = {
        "grant_type": "password",
        "client_id": "admin-cli",
        "username": "admin",
        "password": place.keycloak.password,
    }
    asked = httpx2.post(f"{place.keycloak.url}/realms/master/protocol/openid-connect/token", data=password)
    assert place.me(asked.json()["access_token"]).status_code == 401


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("removed.one", lambda people, name: people.admin.delete_user(people.id_of(name))),
        ("disabled.one", lambda people, name: people.change(name, enabled=False)),
        ("signed.out", lambda people, name: people.admin.user_logout(people.id_of(name))),
        ("member.past", lambda people, name: people.change(name, attributes={"member_until": ["5"]})),
        ("training.past", lambda people, name: people.change(name, attributes={"trained_until": ["5"]})),
        ("moved.away", lambda people, name: people.change(name, attributes={"holder": ["hospital-berlin"]})),
    ],
)
def test_whoever_loses_access_has_lost_it_within_thirty_seconds(place: Place, name: str, end: Any) -> None:
    token = place.people.token(place.hired(name))
    assert place.me(token).status_code == 200
    end(place.people, name)
    place.clock.seconds += _WINDOW
    assert place.me(token).status_code == 401


def test_a_removed_account_loses_access_within_thirty_real_seconds(place: Place) -> None:
    token = place.people.token(place.hired("removed.two"))
    assert place.me(token).status_code == 200
    place.people.admin.delete_user(place.people.id_of("removed.two"))
    start = time.monotonic()
    while place.me(token).status_code == 200 and time.monotonic() - start < 2 * _WINDOW:
        time.sleep(0.25)
    lasted = time.monotonic() - start
    print(f"a removed account had access for {lasted:.1f} s")
    assert lasted <= _WINDOW + 2


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
    place.clock.seconds += _WINDOW
    assert place.me(token).status_code == 401
