"""A browser without a screen: it walks Keycloak's forms as a person does, with a password and a computed one-time code."""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import re
import secrets
import struct
import time
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Self
from urllib.parse import urljoin

import httpx2

_FORM = re.compile(r'<form[^>]*action="([^"]+)"')
_INPUT = re.compile(r'<input[^>]*name="([^"]+)"')
_VALUE = '<input[^>]*name="{0}"[^>]*value="([^"]*)"'
_PERIOD = 30
_MOST_FORMS = 8


@dataclass
class Login:
    """What a person knows and has; the secret of their one-time codes is empty until they have set it up."""

    name: str
    password: str
    seed: str
    last: int = 0

    def code(self) -> str:
        """Return a one-time code that was not used yet, waiting where it is not yet taken: of a device that goes ahead a little."""
        wanted = max(int(time.time()) // _PERIOD, self.last + 1)
        while int(time.time()) // _PERIOD + 1 < wanted:
            time.sleep(0.2)
        self.last = wanted
        return totp(self.seed, wanted)


def totp(seed: str, step: int) -> str:
    """Return the code of RFC 6238 (SHA-1, six digits) for a time step."""
    mac = hmac.digest(seed.encode(), struct.pack(">Q", step), "sha1")
    at = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[at : at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


class NotLetIn(Exception):
    """The identity provider showed the same form again, or another that it should not have."""


class Browser:
    """Keeps cookies, follows redirects; on loopback it sends secure cookies without TLS, as browsers do."""

    def __init__(self) -> None:
        jar = CookieJar(policy=DefaultCookiePolicy(secure_protocols=("http", "https")))
        self.http = httpx2.Client(follow_redirects=True, trust_env=False, cookies=jar, timeout=30)
        self.forms: list[tuple[str, ...]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def sign_in(self, url: str, login: Login) -> httpx2.Response:
        """Open a page and fill in what it asks until it asks nothing more; return the last page."""
        page = self.http.get(url)
        for _ in range(_MOST_FORMS):
            form = _FORM.search(page.text)
            if form is None or "/realms/" not in form[1]:
                return page
            filled = self._filled(page.text, login)
            page = self.http.post(urljoin(str(page.url), html.unescape(form[1])), data=filled)
        raise NotLetIn(str(self.forms))

    def device_tokens(self, issuer: str, client: str, login: Login) -> Any:
        """Sign in through the device flow and return what the token endpoint gives."""
        verifier = secrets.token_urlsafe(48)
        digest = hashlib.sha256(verifier.encode()).digest()
        asked = {
            "client_id": client,
            "scope": "openid",
            "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
            "code_challenge_method": "S256",
        }
        said = httpx2.post(f"{issuer}/protocol/openid-connect/auth/device", data=asked).json()
        self.sign_in(said["verification_uri_complete"], login)
        given = httpx2.post(
            f"{issuer}/protocol/openid-connect/token",
            data={
                "client_id": client,
                "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
                "device_code": said["device_code"],
                "code_verifier": verifier,
            },
        ).json()
        if "access_token" not in given:
            raise NotLetIn(str(given))
        return given

    def _filled(self, page: str, login: Login) -> dict[str, str]:
        names = tuple(_INPUT.findall(page))
        if self.forms and names == self.forms[-1]:
            raise NotLetIn(str(names))
        self.forms.append(names)
        if "password" in names:
            return {"username": login.name, "password": login.password, "credentialId": ""}
        if "totpSecret" in names:
            login.seed = _value(page, "totpSecret")
            return {"totpSecret": login.seed, "totp": login.code(), "userLabel": "test"}
        if "otp" in names:
            return {"selectedCredentialId": _value(page, "selectedCredentialId"), "otp": login.code()}
        return {"accept": "Yes", "code": _value(page, "code")}


def _value(page: str, name: str) -> str:
    found = re.search(_VALUE.format(name), page)
    return html.unescape(found[1]) if found else ""
