"""The whole tour with nothing embedded: OPA decides, Keycloak signs in with both factors, PostgreSQL keeps.

A stricter policy than ours asks for a proof of the last half minute, so that people are asked for it while they work.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import httpx2
import pytest

from spe.adapters.personas import PERSONAS
from spe.demo.book import Book
from spe.demo.home import ROOT, Home
from spe.demo.journey import APPLICANT, APPROVERS, AUDITOR, CHAIR, CHECKERS, COMMITTEE, Journey
from spe.demo.materials import write_materials
from spe.demo.tour import walk
from spe.settings import Settings
from spe.wiring.database import bring_up
from tests.services.keycloak_server import KeycloakServer, People
from tests.services.opa_server import deciding_server
from tests.services.postgres import OWNER, Server
from tests.services.tour_people import Desks, Pages, Programs, Proofs, Terminal

pytestmark = [pytest.mark.services, pytest.mark.slow, pytest.mark.timeout(1200)]
_FRESH = 30
_WINDOW = 30
_TYPING = (APPLICANT, "giulia.conti", CHAIR, APPROVERS[0], CHECKERS[0], AUDITOR)
_CLICKING = (*COMMITTEE[1:], CHECKERS[1])
_STEPPED_UP = {
    "portal vote",
    "portal review",
    "cli case grant",
    "cli code approve",
    "cli release ask",
}


@dataclass
class Place:
    """An installation in production's shape, and whoever works at it."""

    home: Home
    people: People
    proofs: Proofs
    postgres: Server
    database: str
    pages: Pages
    programs: Programs

    def tour(self, book: Book) -> Journey:
        cli = Terminal(self.home.spe, self.home.environment, self.programs, self.people.logins, self.proofs)
        api = Desks(self.home.url, self.programs, self.pages, frozenset(_CLICKING), _FRESH + 1)
        for who in _TYPING:
            assert cli(who, "login").code == 0
        for who in _CLICKING:
            assert self.pages.sign_in(who, "/sign-in?next=/").status == 200
        for kind in (("case", "grant"), ("code", "approve"), ("release", "ask")):
            cli.first[kind] = _FRESH + 1
        return Journey(api, cli, book, self.home, write_materials(self.home.folder / "materials"))


@pytest.fixture
def place(postgres: Server, keycloak: KeycloakServer, tmp_path: Path) -> Iterator[Place]:
    policies = stricter(tmp_path / "policies")
    database = postgres.made()
    roles = {"serve": postgres.role("spe_api"), "worker": postgres.role("spe_worker")}
    bring_up(Settings(database_url=postgres.url(database)), *roles.values())
    urls = {name: postgres.url(database, role) for name, role in roles.items()}
    home, proofs = Home(tmp_path / "tour", port=0, databases=urls), Proofs()
    with ExitStack() as open_:
        opa = open_.enter_context(deciding_server(tmp_path, policies=policies))
        own = replace(keycloak, realm="tour")
        people = hired(own, home.url, tmp_path / "secrets")
        home.settings = {
            "SPE_DEMO": "false",
            "SPE_POLICIES": str(policies),
            "SPE_POLICY_POINT": "opa",
            "SPE_POLICY_URL": opa.url,
            "SPE_OIDC_ISSUER": own.issuer,
            "SPE_OIDC_SECRETS": str(tmp_path / "secrets"),
            "SPE_PUBLIC_URL": home.url,
        }
        open_.callback(home.stop)
        home.start()
        pages = Pages(home.url, people.logins, proofs)
        open_.callback(pages.close)
        programs = Programs(people, proofs, tmp_path / "logins")
        yield Place(home, people, proofs, postgres, database, pages, programs)


def stricter(folder: Path) -> Path:
    """Copy our policies, but with a shorter life of a second factor's proof."""
    shutil.copytree(ROOT / "policies", folder)
    table = folder / "spe" / "tables" / "second_factor" / "data.json"
    table.write_text(json.dumps(json.loads(table.read_text()) | {"seconds": _FRESH}))
    return folder


def hired(keycloak: KeycloakServer, portal: str, secrets: Path) -> People:
    """Bring up a realm and make everybody of the tour in it."""
    people = keycloak.brought_up(portal, secrets, *sorted({one.organisation for one in PERSONAS}))
    people.admin.update_realm(keycloak.realm, {"oauth2DevicePollingInterval": 1})
    for persona in PERSONAS:
        people.hire(persona)
    return people


def test_every_step_is_as_expected_and_who_decides_or_lets_out_proves_it_anew(
    place: Place, tmp_path: Path
) -> None:
    book = Book()
    tour = place.tour(book)
    walk(tour)
    assert [f"{one.step}: {one.got}, not {one.expected}" for one in book.failed()] == []
    assert len(book.receipts) > 50
    asked = {what for what, _ in place.proofs.asked}
    assert _STEPPED_UP - asked == set(), place.proofs.asked
    assert "api" in asked
    assert place.pages.look(CHECKERS[1], "/outputs").status == 200
    the_challenge_says_what_is_missing(place, tour)
    who_is_no_longer_trained_is_let_in_nowhere(place, tour)
    report = tmp_path / "reconciled.json"
    tour.cli("", "audit", "reconcile", "--read-only", "--out", str(report))
    assert [one["unmatched"] for one in json.loads(report.read_text())["sources"] if one["unmatched"]] == []
    place.home.stop()
    nothing_is_left(place)


def the_challenge_says_what_is_missing(place: Place, tour: Journey) -> None:
    """A vote with an old proof is answered as RFC 9470 says."""
    case = f"/v1/cases/{tour.cli(APPLICANT, 'request', 'submit', tour.file('request-ehds.yaml')).id}"
    assert tour.post(CHAIR, f"{case}/declarations", conflict=False, text="none").code == 0
    token = place.programs.token(CHAIR, second_factor=False)
    time.sleep(max(0.0, _FRESH + 1 - place.proofs.age("api", CHAIR)))
    answer = httpx2.post(
        f"{place.home.url}{case}/votes",
        headers={"Authorization": f"Bearer {token}", "Idempotency-Key": "an-old-proof"},
        json={"favour": True, "rationale": "sound"},
        trust_env=False,
    )
    challenge = answer.headers["www-authenticate"]
    assert answer.status_code == 401
    assert 'error="insufficient_user_authentication"' in challenge
    assert 'acr_values="second-factor"' in challenge
    assert f"max_age={_FRESH}" in challenge.replace('"', "")


def who_is_no_longer_trained_is_let_in_nowhere(place: Place, tour: Journey) -> None:
    """Training that ends takes the sign-ins that are open, and no new one opens a workspace."""
    opens = ("ws", "open", tour["ehds"], tour.milano.id)
    assert tour.api.get(APPLICANT, "/v1/datasets").code == 0
    place.people.change(APPLICANT, attributes={"trained_until": ["5"]})
    start = time.monotonic()
    while tour.api.get(APPLICANT, "/v1/datasets").code == 0 and time.monotonic() - start < 2 * _WINDOW:
        time.sleep(0.25)
    lasted = time.monotonic() - start
    print(f"D7 in the tour: {lasted:.1f} s after training had ended no call was taken")
    assert lasted <= _WINDOW + 1
    assert tour.cli(APPLICANT, *opens).code == 10
    assert tour.cli(APPLICANT, "login").code == 0
    assert "training_ended" in tour.cli(APPLICANT, *opens).reasons


def nothing_is_left(place: Place) -> None:
    """No process of ours is connected, nothing was written beside the database."""
    with place.postgres.connected(place.database) as connection:
        users = "SELECT DISTINCT usename FROM pg_stat_activity WHERE datname = %s AND usename LIKE 'spe%%'"
        assert connection.execute(users, (place.database,)).fetchall() == []
        assert connection.execute("SELECT count(*) FROM log_entry").fetchone() != (0,)
    assert not list(place.home.home.rglob("spe.db"))
    assert not list(place.home.folder.glob("*.pid"))
    assert OWNER not in json.dumps(dict(place.home.environment))
