from __future__ import annotations

from pathlib import Path

import pytest

from spe.adapters.personas import LIFE, PERSONAS, PersonaIssuer, new_secret, read_secret
from spe.adapters.signed_claims import LEEWAY
from spe.adapters.tokens import TokenVerifier
from spe.errors import Malformed, NotFound, NotSignedIn, Unreachable
from spe.identity.model import Role
from spe.web.serving import refuse_to_show_a_demo
from tests.fakes import FixedClock
from tests.unit.web.served import BASE, SECRET, World

WITH_SECRET = {"X-Persona-Secret": SECRET}
ANNA = {"persona": "anna.ricci"}


def test_a_persona_gets_a_token_that_the_api_takes() -> None:
    world = World()
    token = world.client.post("/demo/token", json=ANNA, headers=WITH_SECRET).json()["token"]
    person = world.verifier.verify(token)
    assert (person.id, person.organisation) == ("anna.ricci", "uni-bologna")


def test_a_token_lives_ten_minutes() -> None:
    world = World()
    token = world.issuer.token("anna.ricci", SECRET)
    world.clock.go_on(LIFE + LEEWAY)
    with pytest.raises(NotSignedIn):
        world.verifier.verify(token)


@pytest.mark.parametrize("secret", ["", "wrong", SECRET + " ", SECRET[:-1], "ä"])
def test_without_the_secret_of_this_start_nobody_signs_in(secret: str) -> None:
    world = World()
    headers = {"X-Persona-Secret": secret.encode("latin-1")}
    answer = world.client.post("/demo/token", json=ANNA, headers=headers)  # type: ignore[arg-type]
    assert answer.status_code == 401
    assert "token" not in answer.json()


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "0.0.0.0", "[::1]:80", "10.0.0.1:8400", "",
     "localhost:80@evil", "127.0.0.1:80:80", "LOCALHOST.", "127.0.0.1:evil"],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/demo/token", "/demo/jwks", "/demo/personas"])
def test_a_call_through_another_name_is_refused(host: str, path: str) -> None:
    world = World()
    method = "POST" if path == "/demo/token" else "GET"
    body = ANNA if method == "POST" else None
    answer = world.client.request(method, path, json=body, headers={**WITH_SECRET, "Host": host})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    "name",
    [
        "Forwarded",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Forwarded-Proto",
        "x-forwarded-anything",
        "Via",
        "X-Real-IP",
        "Origin",
    ],
)
def test_a_call_that_was_forwarded_or_comes_from_a_page_is_refused(name: str) -> None:
    world = World()
    headers = {**WITH_SECRET, name: "127.0.0.1"}
    assert world.client.post("/demo/token", json=ANNA, headers=headers).status_code == 401


def test_a_server_that_is_no_demo_has_no_sign_in_of_personas() -> None:
    from spe.web.app import create_app
    from spe.web.routes.public import Public

    world = World()
    app = create_app(world.app.state.edge, Public({}, {}))
    assert not [route for route in app.routes if getattr(route, "path", "").startswith("/demo")]


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "spe.example.eu", "", "127.0.0.1.example"])
def test_a_demo_server_listens_on_loopback_only(host: str) -> None:
    with pytest.raises(Malformed):
        refuse_to_show_a_demo(host, demo=True)
    refuse_to_show_a_demo(host, demo=False)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.7", "::1", "localhost"])
def test_loopback_has_several_names(host: str) -> None:
    refuse_to_show_a_demo(host, demo=True)


def test_the_secret_is_new_at_each_start_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "demo" / "persona-secret"
    first, second = new_secret(path), new_secret(path)
    assert first != second == read_secret(path)
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    with pytest.raises(Unreachable):
        read_secret(path)


def test_tokens_of_an_earlier_start_are_worthless() -> None:
    clock = FixedClock()
    earlier, now = PersonaIssuer("a", clock), PersonaIssuer("a", clock)
    with pytest.raises(NotSignedIn):
        TokenVerifier(now.expected(), now.jwks, clock).verify(earlier.token("anna.ricci", "a"))


def test_an_unknown_persona_has_no_token() -> None:
    with pytest.raises(NotFound):
        World().issuer.token("nobody", SECRET)


def test_every_persona_can_sign_in_and_none_is_the_worker() -> None:
    world = World()
    for persona in PERSONAS:
        person = world.verifier.verify(world.issuer.token(persona.id, SECRET))
        assert (str(person.id), person.roles) == (persona.id, tuple(sorted(persona.roles)))
        assert Role.WORKER not in person.roles


def test_there_are_enough_independent_people_for_every_step() -> None:
    def organisations(role: Role) -> set[str]:
        return {one.organisation for one in PERSONAS if role in one.roles}

    assert len(organisations(Role.COMMITTEE) - {"uni-bologna", "tu-muenchen"}) >= 3
    assert len(organisations(Role.CODE_APPROVER)) >= 2
    assert len(organisations(Role.OUTPUT_CHECKER)) >= 3
    assert len({one.holder for one in PERSONAS if one.holder}) == 4
    assert all(one.holder for one in PERSONAS if Role.DATA_HOLDER in one.roles)
    assert BASE.startswith("http://127.0.0.1")
