"""People of a real Keycloak at a real `spe` server: they sign in with both factors from the command line, and lose access at once."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from spe.cli.main import main
from tests.services.browser import Browser, Login, NotLetIn
from tests.services.keycloak_place import Place, opened_place
from tests.services.keycloak_server import KeycloakServer

pytestmark = [pytest.mark.services, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def place(keycloak: KeycloakServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with opened_place(replace(keycloak, realm="sign-in"), tmp_path_factory.mktemp("place")) as made:
        yield made


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
