"""An OpenID issuer over HTTP: its own description, its keys, and whether it still stands by a token.

Everything that comes is bounded in size and time, nothing is followed elsewhere, and only HTTPS is spoken unless the issuer is on
this machine. What the issuer says of itself must begin with its exact name (OpenID Connect Discovery, RFC 8414).
"""

from __future__ import annotations

import ipaddress
import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx2

from spe.adapters.issuer_keys import LARGEST_JWKS
from spe.errors import Malformed, Unreachable

_SECONDS = 5.0
_TIMEOUT = httpx2.Timeout(_SECONDS, connect=2.0)
_ENDPOINTS = (
    "authorization_endpoint",
    "device_authorization_endpoint",
    "end_session_endpoint",
    "introspection_endpoint",
    "jwks_uri",
    "revocation_endpoint",
    "token_endpoint",
)


@dataclass(frozen=True, slots=True)
class Client:
    """A client at the issuer, and its secret."""

    id: str
    secret: str


class Issuer:
    """The issuer called `name` (its exact `iss`); `client` is who asks it about tokens."""

    def __init__(self, name: str, client: Client) -> None:
        must_be_safe(name, "SPE_OIDC_ISSUER")
        self.name = name
        self._client = client
        self._http = httpx2.Client(
            timeout=_TIMEOUT,
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
            follow_redirects=False,
            trust_env=False,
            verify=name.startswith("https://"),
        )
        self._endpoints: Mapping[str, str] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        """End its connections."""
        self._http.close()

    def endpoint(self, name: str) -> str:
        """Return the URL of an endpoint, asking the issuer for its description once; `Unreachable` where it has none."""
        with self._lock:
            if not self._endpoints:
                self._endpoints = self._described()
        found = self._endpoints.get(name)
        if found is None:
            raise Unreachable(f"the identity provider has no {name}")
        return found

    def jwks(self) -> bytes:
        """Return its keys as they come; `Unreachable` for no answer, another status, or too large a one."""
        return self._read("GET", self.endpoint("jwks_uri"))

    def standing(self, token: str) -> Mapping[str, Any] | None:
        """Return what it says of `token` now (RFC 7662), None where it doesn't stand by it; `Unreachable` without answer."""
        auth = (self._client.id, self._client.secret)
        sent = {"token": token, "token_type_hint": "access_token"}
        said = _object(self._read("POST", self.endpoint("introspection_endpoint"), data=sent, auth=auth))
        return said if said.get("active") is True else None

    def _described(self) -> Mapping[str, str]:
        said = _object(self._read("GET", f"{self.name}/.well-known/openid-configuration"))
        if said.get("issuer") != self.name:
            raise Unreachable("the identity provider calls itself by another name than SPE_OIDC_ISSUER")
        found = {name: said[name] for name in _ENDPOINTS if isinstance(said.get(name), str)}
        for name, url in found.items():
            try:
                must_be_safe(url, name)
            except Malformed as cause:
                raise Unreachable(str(cause)) from cause
        return found

    def _read(self, method: str, url: str, **sent: Any) -> bytes:
        """Return a whole answer of at most 256 KiB that came within five seconds, drop by drop or at once."""
        end = time.monotonic() + _SECONDS
        got = bytearray()
        try:
            with self._http.stream(method, url, **sent) as answer:
                if answer.status_code != httpx2.codes.OK:
                    raise Unreachable(f"the identity provider answered {answer.status_code}")
                for piece in answer.iter_raw():
                    got += piece
                    if len(got) > LARGEST_JWKS or time.monotonic() > end:
                        raise Unreachable("the identity provider's answer is too large or too slow")
        except httpx2.HTTPError as cause:
            raise Unreachable(f"the identity provider does not answer ({type(cause).__name__})") from cause
        return bytes(got)


def must_be_safe(url: str, name: str) -> None:
    """Raise `Malformed` unless `url` is HTTPS, or HTTP on this machine's loopback, without user, query or fragment."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise Malformed(f"{name} must be a URL such as https://id.example.eu/realms/spe") from None
    plain = parts.scheme == "http" and is_loopback(host)
    if not host or not (parts.scheme == "https" or plain) or parts.username or parts.query or parts.fragment:
        raise Malformed(f"{name} must be a plain https:// URL, or http:// on this machine")


def is_loopback(host: str) -> bool:
    """Say whether `host` names this machine's loopback."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _object(data: bytes) -> Mapping[str, Any]:
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise Unreachable("the identity provider's answer is no JSON object")
    return said
