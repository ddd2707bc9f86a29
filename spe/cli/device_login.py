"""Signing in at an identity provider from a terminal: device authorisation (RFC 8628) with PKCE, and keeping it fresh.

What was given is kept in one file for each server, readable by its owner alone, until `spe logout` or until the session is over.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import secrets
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2

from spe.crypto.private_files import make_private_folder, read_private, write_whole
from spe.errors import IntegrityFailure, Malformed, NotSignedIn, Unreachable

_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_TIMEOUT = httpx2.Timeout(10.0, connect=5.0)
_EARLY = 15
_SLOWER = 5
_LONGEST = 1800


@dataclass(frozen=True, slots=True)
class Login:
    """What a sign-in gave: tokens, until when the access token lasts, and where it came from."""

    url: str
    issuer: str
    client: str
    access: str
    refresh: str
    until: int


def kept(url: str) -> Login | None:
    """Return the sign-in at the server `url`, or None."""
    file = _file(url)
    if not file.exists():
        return None
    try:
        found = Login(**json.loads(read_private(file)))
    except (TypeError, ValueError):
        raise IntegrityFailure(f"{file} is not what `spe login` wrote: remove it and sign in again") from None
    return found if found.url == url else None


def keep(login: Login) -> Login:
    """Keep a sign-in for the commands that follow."""
    file = _file(login.url)
    make_private_folder(file.parent)
    write_whole(file, [json.dumps(asdict(login)).encode()])
    return login


def forget(url: str) -> None:
    """Forget the sign-in at the server `url`, here; the session at the identity provider is ended by `end`."""
    _file(url).unlink(missing_ok=True)


def fresh(login: Login) -> Login:
    """Return the sign-in with an access token that lasts, renewed where it has to be; `NotSignedIn` where it is over.

    Of commands that run at once one renews it: a refresh token is good for once.
    """
    if login.until - _EARLY > time.time():
        return login
    with _alone(login.url):
        found = kept(login.url)
        if found is not None and found.until - _EARLY > time.time():
            return found
        return _renewed(found or login)


def _renewed(login: Login) -> Login:
    asked = {"grant_type": "refresh_token", "refresh_token": login.refresh, "client_id": login.client}
    with _http(login.issuer) as http:
        status, said = _post(http, _endpoint(http, login.issuer, "token_endpoint"), asked)
    if status != httpx2.codes.OK:
        forget(login.url)
        raise NotSignedIn("your sign-in is over: `spe login`")
    return keep(_given(login, said))


def end(login: Login) -> None:
    """End the session at the identity provider, so that its tokens are worth nothing anywhere."""
    with _http(login.issuer) as http:
        asked = {"client_id": login.client, "refresh_token": login.refresh}
        _post(http, _endpoint(http, login.issuer, "end_session_endpoint"), asked)


def sign_in(url: str, issuer: str, client: str) -> Login:
    """Have somebody sign in at the identity provider with a browser, wherever that is, and keep what it gives.

    `NotSignedIn` where they decline or take too long.
    """
    _must_be_safe(issuer)
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")
    with _http(issuer) as http:
        asked = {
            "client_id": client,
            "scope": "openid",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        status, said = _post(http, _endpoint(http, issuer, "device_authorization_endpoint"), asked)
        if status != httpx2.codes.OK:
            raise Unreachable(f"the identity provider answered {status}: is its client {client} set up?")
        _tell(said)
        given = _await(http, _endpoint(http, issuer, "token_endpoint"), client, verifier, said)
    return keep(_given(Login(url, issuer, client, "", "", 0), given))


def _tell(said: Mapping[str, Any]) -> None:
    """Say on standard error where to sign in, so that standard output stays the command's."""
    where = _printable(said.get("verification_uri_complete") or said.get("verification_uri"))
    print(
        f"Sign in with a browser, on any machine:\n  {where}\nand compare the code there: {_printable(said.get('user_code'))}",
        file=sys.stderr,
        flush=True,
    )


def _printable(text: Any) -> str:
    """Return a text of the identity provider without what a terminal could take for a command."""
    return "".join(letter for letter in str(text or "")[:500] if letter.isascii() and letter.isprintable())


def _await(
    http: httpx2.Client, endpoint: str, client: str, verifier: str, said: Mapping[str, Any]
) -> Mapping[str, Any]:
    pause = min(max(int(said.get("interval", 5)), 1), 60)
    end_at = time.monotonic() + min(int(said.get("expires_in", 600)), _LONGEST)
    asked = {
        "grant_type": _GRANT,
        "device_code": str(said.get("device_code", "")),
        "client_id": client,
        "code_verifier": verifier,
    }
    while time.monotonic() < end_at:
        time.sleep(pause)
        status, answer = _post(http, endpoint, asked)
        if status == httpx2.codes.OK:
            return answer
        if answer.get("error") not in {"authorization_pending", "slow_down"}:
            break
        pause += _SLOWER if answer.get("error") == "slow_down" else 0
    raise NotSignedIn("nobody signed in: `spe login` begins again")


def _given(login: Login, said: Mapping[str, Any]) -> Login:
    access, refresh, lasts = (
        said.get("access_token"),
        said.get("refresh_token", ""),
        said.get("expires_in", 0),
    )
    if not isinstance(access, str) or not isinstance(refresh, str) or not isinstance(lasts, int):
        raise Unreachable("the identity provider's answer is not a token")
    return replace(login, access=access, refresh=refresh, until=int(time.time()) + lasts)


def _endpoint(http: httpx2.Client, issuer: str, name: str) -> str:
    try:
        said = http.get(f"{issuer}/.well-known/openid-configuration").json()
    except (httpx2.HTTPError, ValueError) as cause:
        raise Unreachable(f"the identity provider {issuer} does not answer") from cause
    if not isinstance(said, dict) or said.get("issuer") != issuer or not isinstance(said.get(name), str):
        raise Unreachable(f"the identity provider {issuer} has no {name}")
    _must_be_safe(said[name])
    return str(said[name])


def _post(http: httpx2.Client, url: str, data: Mapping[str, str]) -> tuple[int, Mapping[str, Any]]:
    try:
        answer = http.post(url, data=dict(data))
    except httpx2.HTTPError as cause:
        raise Unreachable("the identity provider does not answer") from cause
    try:
        said = answer.json()
    except ValueError:
        said = {}
    return answer.status_code, said if isinstance(said, dict) else {}


def _http(issuer: str) -> httpx2.Client:
    return httpx2.Client(timeout=_TIMEOUT, follow_redirects=False, verify=issuer.startswith("https://"))


def _must_be_safe(url: str) -> None:
    """Raise `Malformed` for a URL that would carry a token in clear to another machine."""
    parts = urlsplit(url)
    here = parts.hostname in {"127.0.0.1", "::1", "localhost"}
    if parts.scheme != "https" and not (parts.scheme == "http" and here):
        raise Malformed("the identity provider must be reached by https://")


@contextmanager
def _alone(url: str) -> Iterator[None]:
    """Hold the lock of the sign-in at the server `url`."""
    file = _file(url).with_suffix(".lock")
    make_private_folder(file.parent)
    with file.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _file(url: str) -> Path:
    folder = os.environ.get("SPE_LOGINS") or Path.home() / ".config" / "spe" / "logins"
    return Path(folder).expanduser() / f"{sha256(url.encode()).hexdigest()[:32]}.json"
