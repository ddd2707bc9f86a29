"""`spe identity bootstrap` against a real Keycloak: it tells first, mends what is loose, and leaves what is stricter."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from spe.cli.main import main
from spe.identity.realm import API, CLI, FLOW, PORTAL, ROLES
from tests.services.keycloak_server import REALM, KeycloakServer

pytestmark = [pytest.mark.services, pytest.mark.timeout(600)]


@pytest.fixture
def bootstrap(keycloak: KeycloakServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*words: str) -> list[dict[str, Any]]:
        file = tmp_path / "password"
        file.write_text(keycloak.password)
        file.chmod(0o600)
        where = ["--keycloak", keycloak.url, "--public-url", "https://spe.example.eu"]
        kept = ["--password-file", str(file), "--secrets", str(tmp_path / "secrets")]
        capsys.readouterr()
        assert (
            main(["identity", "bootstrap", *where, *kept, "--organisation", "uni-bologna", "--json", *words])
            == 0
        )
        return list(json.loads(capsys.readouterr().out)["differences"])

    return run


def test_the_whole_way_from_nothing_to_nothing_left_to_change(
    keycloak: KeycloakServer, bootstrap: Any, tmp_path: Path
) -> None:
    told = bootstrap()
    assert {"what": "realm", "found": None, "wanted": REALM} in told
    assert REALM not in {one["realm"] for one in keycloak.admin("master").get_realms()}

    bootstrap("--apply")
    for client in (API, PORTAL):
        file = tmp_path / "secrets" / client
        assert file.stat().st_mode & 0o777 == 0o600
        assert len(file.read_text().strip()) >= 32
    admin = keycloak.admin()
    realm = admin.get_realm(REALM)
    assert (realm["browserFlow"], realm["bruteForceProtected"], realm["accessTokenLifespan"]) == (
        FLOW,
        True,
        300,
    )
    assert {one["name"] for one in admin.get_client_roles(str(admin.get_client_id(API)))} >= set(ROLES)
    totp = admin.get_required_action_by_alias("CONFIGURE_TOTP")
    assert totp is not None
    assert totp["defaultAction"] is True
    assert bootstrap() == []
    assert bootstrap("--apply") == []


def test_what_an_operator_tightened_stays_and_what_was_loosened_is_mended(
    keycloak: KeycloakServer, bootstrap: Any
) -> None:
    bootstrap("--apply")
    admin = keycloak.admin()
    cli = admin.get_client(str(admin.get_client_id(CLI)))
    tightened = {"accessTokenLifespan": 60, "failureFactor": 3, "sslRequired": "all", "otpPolicyDigits": 8}
    policy = {"passwordPolicy": "length(16) and notUsername(undefined)"}
    loosened = {"bruteForceProtected": False, "ssoSessionMaxLifespan": 999_999, "registrationAllowed": True}
    admin.update_realm(REALM, {**admin.get_realm(REALM), **tightened, **policy, **loosened})
    admin.update_client(cli["id"], {**cli, "directAccessGrantsEnabled": True, "fullScopeAllowed": True})

    told = {one["what"] for one in bootstrap("--apply")}

    assert told == {
        "realm.bruteForceProtected",
        "realm.ssoSessionMaxLifespan",
        "realm.registrationAllowed",
        f"client {CLI}.directAccessGrantsEnabled",
        f"client {CLI}.fullScopeAllowed",
    }
    realm = admin.get_realm(REALM)
    assert {name: realm[name] for name in tightened} == tightened
    assert realm["passwordPolicy"] == policy["passwordPolicy"]
    assert (realm["bruteForceProtected"], realm["registrationAllowed"]) == (True, False)
    assert bootstrap() == []
    admin.update_realm(REALM, {"sslRequired": "external", "otpPolicyDigits": 6, "accessTokenLifespan": 300})


def test_a_sign_in_flow_that_was_weakened_is_not_passed_over(
    keycloak: KeycloakServer, bootstrap: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    bootstrap("--apply")
    admin = keycloak.admin()
    otp = next(
        one
        for one in admin.get_authentication_flow_executions(FLOW)
        if one.get("providerId") == "auth-otp-form"
    )
    admin.update_authentication_flow_executions({**otp, "requirement": "DISABLED"}, FLOW)
    where = ["--keycloak", keycloak.url, "--public-url", "https://spe.example.eu"]
    kept = ["--password-file", str(tmp_path / "password"), "--secrets", str(tmp_path / "secrets")]
    assert main(["identity", "bootstrap", *where, *kept, "--apply"]) == 13
    assert "was changed" in capsys.readouterr().err
    admin.update_authentication_flow_executions(otp, FLOW)
