"""An installation whose people a real Keycloak signs in, its clock ahead as far as a test wants."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2

from spe.adapters.personas import PERSONAS
from spe.clock import SystemClock
from spe.web import main as server
from tests.services.browser import Login
from tests.services.keycloak_server import KeycloakServer, People
from tests.unit.cli.typed import listening_app
from tests.world import settings_for

ANNA = next(one for one in PERSONAS if one.id == "anna.ricci")
WINDOW = 30


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


@contextmanager
def opened_place(keycloak: KeycloakServer, folder: Path) -> Iterator[Place]:
    """Open an installation in `folder`, with a realm of its own."""
    public, secrets, clock = "https://spe.example.eu", folder / "secrets", Ahead()
    people = keycloak.brought_up(public, secrets, "uni-bologna")
    settings = replace(
        settings_for(folder / "home"), demo=False, oidc_issuer=keycloak.issuer, oidc_secrets=str(secrets), public_url=public
    )  # fmt: skip
    with ExitStack() as open_:
        app = open_.enter_context(server.opened(settings, clock))
        yield Place(keycloak, people, open_.enter_context(listening_app(app)), clock)
