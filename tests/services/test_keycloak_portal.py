"""A browser at the portal of an installation whose people a real Keycloak signs in."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace

import httpx2
import pytest

from spe.adapters.personas import PERSONAS
from spe.adapters.signed_claims import LEEWAY
from spe.web import main as server
from spe.web.sessions import COOKIE
from tests.services.browser import Browser, Login
from tests.services.keycloak_place import Ahead
from tests.services.keycloak_server import KeycloakServer, People
from tests.services.started import free_port
from tests.unit.cli.typed import listening_app
from tests.world import settings_for

pytestmark = [pytest.mark.services, pytest.mark.timeout(600)]
ELENA = next(one for one in PERSONAS if one.id == "elena.russo")
_WINDOW = 30
_LIFE = 300
_FORM = re.compile(r'name="form" value="([^"]+)"')


@dataclass
class Portal:
    """The portal, and the people that Keycloak knows."""

    url: str
    keycloak: KeycloakServer
    people: People
    clock: Ahead

    def hired(self, name: str) -> Login:
        return self.people.hire(replace(ELENA, id=name))

    def entered(self, browser: Browser, login: Login, where: str = "/cases") -> httpx2.Response:
        page = browser.sign_in(f"{self.url}/sign-in?next={where}", login)
        assert (page.status_code, page.url.path) == (200, where), page.text[-800:]
        return page

    def inside(self, browser: Browser) -> bool:
        """Say whether the browser sees the committee's page without signing in anew."""
        answer = browser.http.get(f"{self.url}/cases", follow_redirects=False)
        assert answer.status_code in {200, 303}
        return answer.status_code == 200


@pytest.fixture(scope="module")
def portal(keycloak: KeycloakServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    folder, port, clock = tmp_path_factory.mktemp("portal"), free_port(), Ahead()
    own, url, secrets = replace(keycloak, realm="portal"), f"http://127.0.0.1:{port}", folder / "secrets"
    people = own.brought_up(url, secrets, ELENA.organisation)
    settings = replace(
        settings_for(folder / "home"), demo=False, oidc_issuer=own.issuer, oidc_secrets=str(secrets), public_url=url
    )  # fmt: skip
    with ExitStack() as open_:
        app = open_.enter_context(server.opened(settings, clock))
        open_.enter_context(listening_app(app, port))
        yield Portal(url, own, people, clock)


def test_a_person_signs_in_with_both_factors_and_goes_on_where_they_wanted(portal: Portal) -> None:
    with Browser() as browser:
        portal.entered(browser, portal.hired("anita.one"))
        kept = {
            cookie.name: cookie
            for cookie in browser.http.cookies.jar
            if cookie.domain.startswith("127.0.0.1")
        }
        session = kept[COOKIE]
        assert (session.secure, session.path, session.has_nonstandard_attr("HttpOnly")) == (True, "/", True)
        assert "__Host-spe-attempt" not in kept
        assert {"password", "otp"} <= {name for form in browser.forms for name in form}


def test_signing_out_ends_the_session_here_and_at_the_provider(portal: Portal) -> None:
    with Browser() as browser:
        page = portal.entered(browser, portal.hired("anita.two"))
        form = _FORM.search(page.text)
        assert form
        refused = browser.http.post(
            f"{portal.url}/sign-out", data={"form": form[1]}, headers={"Origin": "https://evil.example"}
        )
        assert refused.status_code != 200
        assert portal.inside(browser)
        out = browser.http.post(
            f"{portal.url}/sign-out", data={"form": form[1]}, headers={"Origin": portal.url}
        )
        assert out.status_code == 200
        assert not portal.inside(browser)
        assert portal.people.admin.get_sessions(portal.people.id_of("anita.two")) == []


def test_the_provider_signs_out_by_its_back_channel_at_once(portal: Portal) -> None:
    with Browser() as browser, Browser() as other:
        portal.entered(browser, portal.hired("anita.three"))
        portal.entered(other, portal.hired("bruna.three"))
        portal.people.admin.user_logout(portal.people.id_of("anita.three"))
        end = time.monotonic() + 10
        while portal.inside(browser) and time.monotonic() < end:
            time.sleep(0.1)
        assert not portal.inside(browser)
        assert portal.inside(other)


def test_a_removed_account_has_lost_its_session_within_thirty_seconds(portal: Portal) -> None:
    with Browser() as browser:
        portal.entered(browser, portal.hired("anita.four"))
        portal.people.admin.delete_user(portal.people.id_of("anita.four"))
        portal.clock.seconds += _WINDOW
        assert not portal.inside(browser)


def test_a_session_outlives_its_access_token(portal: Portal) -> None:
    """Seen from here, ahead by a token's life less a second, the token has ended and its renewed one has not yet."""
    with Browser() as browser:
        portal.clock.seconds = 0
        portal.entered(browser, portal.hired("anita.five"))
        portal.clock.seconds = _LIFE + LEEWAY - 1
        time.sleep(3)
        assert portal.inside(browser)
        portal.clock.seconds = 0


def test_an_answer_of_another_attempt_or_browser_signs_in_nobody(portal: Portal) -> None:
    login = portal.hired("anita.six")
    with Browser() as browser, Browser() as victim:
        begun = browser.http.get(f"{portal.url}/sign-in", follow_redirects=False)
        victim.http.get(f"{portal.url}/sign-in", follow_redirects=False)
        caught: list[str] = []
        browser.http.event_hooks = {"request": [lambda sent: caught.append(str(sent.url))]}
        browser.http.cookies.delete("__Host-spe-attempt")
        page = browser.sign_in(begun.headers["location"], login)
        assert page.status_code == 401
        answer = next(url for url in caught if "/auth/callback" in url)
        assert victim.http.get(answer).status_code == 401
        assert not portal.inside(victim)


@pytest.mark.parametrize("sent", [{}, {"logout_token": "x.y.z"}, {"logout_token": ""}])
def test_nobody_else_signs_anybody_out(portal: Portal, sent: dict[str, str]) -> None:
    answer = httpx2.post(
        f"{portal.url}/auth/back-channel-logout", data=sent or {"other": "x"}, trust_env=False
    )
    assert answer.status_code == 400


def test_an_id_token_is_no_logout_token(portal: Portal) -> None:
    with Browser() as browser:
        given = browser.device_tokens(portal.keycloak.issuer, "spe-cli", portal.hired("anita.seven"))
    for name in ("id_token", "access_token"):
        sent = {"logout_token": given[name]}
        assert (
            httpx2.post(f"{portal.url}/auth/back-channel-logout", data=sent, trust_env=False).status_code
            == 400
        )
