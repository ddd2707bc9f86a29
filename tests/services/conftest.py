"""Servers that take long to start are shared by all tests of a session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.services.keycloak_server import KeycloakServer, keycloak_server


@pytest.fixture(scope="session")
def keycloak(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeycloakServer]:
    """Run one Keycloak; each module has a realm of its own there."""
    with keycloak_server(tmp_path_factory.mktemp("keycloak")) as server:
        yield server
