"""A kept sign-in, renewed by commands that run at once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from spe.cli.device_login import Login, fresh, keep, kept
from spe.errors import NotSignedIn
from tests.attacks.test_issuer import Hostile, hostile_server, reply

URL = "http://127.0.0.1:8400"


def renew_once(issuer: Hostile, call: BaseHTTPRequestHandler) -> None:
    """Take a refresh token once, as an issuer does that rotates them."""
    if issuer.asked.count("/token") > 1:
        reply(call, b"{}", 400, {})
        return
    reply(
        call, json.dumps({"access_token": "new", "refresh_token": "r-2", "expires_in": 300}).encode(), 200, {}
    )


def test_of_commands_at_once_one_renews_the_sign_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPE_LOGINS", str(tmp_path / "logins"))
    with hostile_server() as issuer:
        issuer.answers["/token"] = renew_once
        old = keep(Login(URL, issuer.name, "spe-cli", "old", "r-1", 0))
        with ThreadPoolExecutor(8) as pool:
            assert {one.access for one in pool.map(fresh, [old] * 8)} == {"new"}
        assert issuer.asked.count("/token") == 1
        assert kept(URL) == fresh(old)


def test_a_sign_in_that_is_not_renewed_is_over_and_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPE_LOGINS", str(tmp_path / "logins"))
    with hostile_server() as issuer:
        issuer.says("/token", {"error": "invalid_grant"}, status=400)
        with pytest.raises(NotSignedIn, match="over"):
            fresh(keep(Login(URL, issuer.name, "spe-cli", "old", "r-1", 0)))
    assert kept(URL) is None
