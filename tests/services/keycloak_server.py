"""A real Keycloak for tests, its realm as `spe identity bootstrap` leaves it, and people who sign in with both factors.

`SPE_KEYCLOAK_URL` names one that runs already; `KEYCLOAK_ADMIN_PASSWORD` is then its administrator's password.
"""

from __future__ import annotations

import http.client
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from keycloak import KeycloakAdmin

from spe.adapters.personas import Persona
from spe.identity.realm import API
from spe.setup.tools import KEYCLOAK, find
from spe.wiring.identity import Administrator, Setup, bootstrap
from tests.services.browser import Browser, Login
from tests.services.started import free_port, started

REALM = "spe"
FOREVER = 2_000_000_000
_PASSWORD = "as long as a password has to be"


@dataclass(frozen=True, slots=True)
class KeycloakServer:
    """Where it listens, its administrator, and the realm that is used."""

    url: str
    password: str
    realm: str = REALM

    @property
    def issuer(self) -> str:
        return f"{self.url}/realms/{self.realm}"

    def brought_up(self, portal: str, secrets: Path, *organisations: str) -> People:
        """Bring up the realm for a portal, its clients' secrets in a folder, and return its people: nobody yet."""
        setup = Setup(
            Administrator(self.url, "admin", self.password), self.realm, portal, organisations, secrets
        )
        bootstrap(setup, apply=True)
        return People(self)

    def admin(self, realm: str = "") -> KeycloakAdmin:
        return KeycloakAdmin(
            server_url=self.url,
            username="admin",
            password=self.password,
            realm_name=realm or self.realm,
            user_realm_name="master",
        )


class People:
    """Makes people of the realm, with a password and a one-time code whose secret the test knows."""

    def __init__(self, server: KeycloakServer) -> None:
        self.server = server
        self.admin = server.admin()
        self.logins: dict[str, Login] = {}

    def hire(self, persona: Persona, **attributes: Any) -> Login:
        """Import a persona as a person with the same identifier, so that tokens call them as the demo's do."""
        seed = secrets.token_hex(10)
        wanted = {"trained_until": FOREVER, "member_until": FOREVER, "holder": persona.holder, **attributes}
        user = {
            "id": persona.id,
            "username": persona.id,
            "enabled": True,
            "firstName": persona.name.split()[0],
            "lastName": persona.name.split()[-1],
            "email": f"{persona.id}@example.eu",
            "emailVerified": True,
            "attributes": {name: [str(value)] for name, value in wanted.items() if value},
            "groups": [f"/{persona.organisation}"],
            "clientRoles": {API: [role.value for role in persona.roles]},
            "credentials": [{"type": "password", "value": _PASSWORD, "temporary": False}, _otp(seed)],
        }
        groups = {one["name"] for one in self.admin.get_groups()}
        if persona.organisation not in groups:
            self.admin.create_group({"name": persona.organisation})
        self.admin.partial_import_realm(self.server.realm, {"ifResourceExists": "OVERWRITE", "users": [user]})
        self.logins[persona.id] = Login(persona.id, _PASSWORD, seed)
        return self.logins[persona.id]

    def employ(self, name: str, organisation: str, role: str) -> Login:
        """Make a person as an operator does: the second factor is theirs to set up at the first sign-in."""
        user = {
            "username": name,
            "enabled": True,
            "firstName": "Nobody",
            "lastName": "Inparticular",
            "email": f"{name}@example.eu",
            "attributes": {"trained_until": [str(FOREVER)], "member_until": [str(FOREVER)]},
            "groups": [f"/{organisation}"],
            "credentials": [{"type": "password", "value": _PASSWORD, "temporary": False}],
        }
        id_ = self.admin.create_user(user)
        client = str(self.admin.get_client_id(API))
        self.admin.assign_client_role(id_, client, [self.admin.get_client_role(client, role)])
        return Login(name, _PASSWORD, "")

    def id_of(self, name: str) -> str:
        return str(self.admin.get_user_id(name))

    def change(self, name: str, **changed: Any) -> None:
        """Change a person's account: `attributes` are added to theirs."""
        id_ = self.id_of(name)
        there = self.admin.get_user(id_)
        attributes = {**there.get("attributes", {}), **changed.pop("attributes", {})}
        self.admin.update_user(id_, {**there, "attributes": attributes, **changed})

    def token(self, login: Login) -> str:
        """Sign somebody in through the device flow, both factors proven, and return their access token."""
        with Browser() as browser:
            return str(browser.device_tokens(self.server.issuer, "spe-cli", login)["access_token"])


def _otp(seed: str) -> dict[str, Any]:
    data = {"subType": "totp", "digits": 6, "counter": 0, "period": 30, "algorithm": "HmacSHA1"}
    return {"type": "otp", "secretData": json.dumps({"value": seed}), "credentialData": json.dumps(data)}


@contextmanager
def keycloak_server(folder: Path) -> Iterator[KeycloakServer]:
    """Run Keycloak in memory, its log in `folder`, until the block ends."""
    own = os.environ.get("SPE_KEYCLOAK_URL")
    if own:
        yield KeycloakServer(own.rstrip("/"), os.environ["KEYCLOAK_ADMIN_PASSWORD"])
        return
    port, health, password = free_port(), free_port(), secrets.token_hex(16)
    env = {
        **os.environ,
        "KC_BOOTSTRAP_ADMIN_USERNAME": "admin",
        "KC_BOOTSTRAP_ADMIN_PASSWORD": password,
        "JAVA_OPTS_KC_HEAP": "-Xms128m -Xmx512m",
    }
    argv: list[str | Path] = [
        "bash",
        _program(),
        "start",
        "--optimized",
        "--http-enabled=true",
        "--http-host=127.0.0.1",
        f"--http-port={port}",
        f"--http-management-port={health}",
        "--hostname-strict=false",
        # One server alone: nothing to agree about with others.
        "--cache=local",
    ]
    url = f"http://127.0.0.1:{port}"
    with started(argv, folder / "keycloak.log", lambda: _answers(f"{url}/realms/master"), 480, env):
        yield KeycloakServer(url, password)


def _program() -> Path:
    found = find(KEYCLOAK)
    if found is None:
        raise RuntimeError("there is no Keycloak here: `make tools` fetches it")
    return found / "bin" / "kc.sh" if found.is_dir() else found


def _answers(url: str) -> bool:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port or 80, timeout=5)
    try:
        connection.request("GET", parts.path)
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
