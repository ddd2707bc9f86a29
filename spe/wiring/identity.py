"""Setting up the identity provider: what differs from what `spe` needs, mended where that was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from spe.adapters.issuer import must_be_safe
from spe.adapters.keycloak_admin import Administrator, KeycloakRealm
from spe.crypto.private_files import make_private_folder, write_whole
from spe.identity.realm import API, PORTAL
from spe.identity.tightening import Difference

__all__ = ["Administrator", "Setup", "bootstrap"]


@dataclass(frozen=True, slots=True)
class Setup:
    """Which realm of which Keycloak, for a portal where, with which organisations; `secrets` is the folder for them."""

    administrator: Administrator
    realm: str
    public_url: str
    organisations: tuple[str, ...]
    secrets: Path


def bootstrap(setup: Setup, *, apply: bool) -> tuple[Difference, ...]:
    """Return what differs; where `apply`, mend it and write the clients' secrets into files for this account alone."""
    must_be_safe(setup.administrator.url, "--keycloak")
    must_be_safe(setup.public_url, "--public-url")
    realm = KeycloakRealm(setup.administrator, setup.realm, apply=apply)
    found = realm.bring_up(setup.public_url.rstrip("/"), setup.organisations)
    if apply:
        make_private_folder(setup.secrets)
        for client in (API, PORTAL):
            write_whole(setup.secrets / client, [f"{realm.secret(client)}\n".encode()])
    return found
