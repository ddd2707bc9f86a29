"""Who signs people in is said at the start, and a start without anybody is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from spe.errors import Malformed, Unreachable
from spe.settings import Settings
from spe.wiring.sign_in import client_secret, must_have_an_issuer, ways_in

ISSUER = "https://id.example.eu/realms/spe"
REAL = Settings(oidc_issuer=ISSUER, public_url="https://spe.example.eu")


def test_a_server_without_personas_names_its_identity_provider() -> None:
    with pytest.raises(Malformed, match="SPE_OIDC_ISSUER"):
        must_have_an_issuer(Settings())
    must_have_an_issuer(REAL)
    must_have_an_issuer(Settings(demo=True))


def test_personas_and_an_identity_provider_exclude_each_other() -> None:
    with pytest.raises(Malformed, match="exclude each other"):
        must_have_an_issuer(replace(REAL, demo=True))


def test_an_identity_provider_in_clear_is_refused() -> None:
    with pytest.raises(Malformed, match="https"):
        must_have_an_issuer(replace(REAL, oidc_issuer="http://id.example.eu/realms/spe"))


def test_a_secret_comes_from_a_file_that_nobody_else_reads(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="SPE_OIDC_SECRETS"):
        client_secret(REAL, "spe-api")
    settings = replace(REAL, oidc_secrets=str(tmp_path))
    with pytest.raises(Unreachable):
        client_secret(settings, "spe-api")
    (tmp_path / "spe-api").write_text("s3cret\n")
    (tmp_path / "spe-api").chmod(0o644)
    with pytest.raises(Unreachable, match="readable by others"):
        client_secret(settings, "spe-api")
    (tmp_path / "spe-api").chmod(0o600)
    assert client_secret(settings, "spe-api") == "s3cret"


def test_a_client_learns_where_to_sign_in_and_of_a_demo_nothing() -> None:
    assert ways_in(REAL) == {"issuer": ISSUER, "client": "spe-cli"}
    assert ways_in(Settings(demo=True)) == {}
