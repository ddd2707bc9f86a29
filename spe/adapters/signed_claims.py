"""The claims of a signed token, whichever of an issuer's tokens it is: form, header, key, signature, JSON.

A token is RS256 by a key of the issuer, its header has `alg`, `kid` and `typ` and nothing else (so no unknown `crit`, no key
of its own), and its payload is one JSON object with no name twice.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from spe.adapters.issuer_keys import ALGORITHM, LONGEST_KID, IssuerKeys
from spe.errors import NotSignedIn
from spe.identity.claims import instant, refuse

LARGEST_TOKEN = 16_384
LEEWAY = 30
LONGEST_LIFE = 86_400
_FORM = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token must say of itself; `clients` restricts `azp` where the token names one, () allows none but absent.

    `types` are the admitted values of the header's `typ`, in lower case.
    """

    issuer: str
    audience: str
    types: tuple[str, ...] = ("at+jwt",)
    clients: tuple[str, ...] = ()


def signed_claims(token: str, keys: IssuerKeys, types: tuple[str, ...]) -> dict[str, Any]:
    """Return what the issuer signed; `NotSignedIn` for anything else, also other errors for what is no token at all."""
    if len(token) > LARGEST_TOKEN or _FORM.fullmatch(token) is None:
        invalid()
    header = _header(token, types)
    return _claims(_verified(token, keys.find(header["kid"])))


def expiry(claims: Mapping[str, Any], expected: Expected, now: int) -> int:
    """Return when the token expires, once what it says of itself is as expected at `now`."""
    if claims.get("iss") != expected.issuer:
        refuse("iss")
    if expected.audience not in _audience(claims):
        refuse("aud")
    if "azp" in claims and claims["azp"] not in expected.clients:
        refuse("azp")
    expires, issued = instant(claims, "exp"), instant(claims, "iat")
    starts = instant(claims, "nbf") if "nbf" in claims else issued
    if now >= expires + LEEWAY or expires - issued > LONGEST_LIFE:
        refuse("exp")
    if max(issued, starts) > now + LEEWAY:
        refuse("nbf")
    return expires


def invalid() -> NoReturn:
    """Refuse a token without saying at which step."""
    raise NotSignedIn("the token is not valid")


def _header(token: str, types: tuple[str, ...]) -> dict[str, str]:
    """Return the header when it has `alg`, `kid` and `typ` as expected and nothing that names another key."""
    header = jws.extract_compact(token.encode()).headers()
    kid, kind = header.get("kid"), header.get("typ")
    if header.get("alg") != ALGORITHM or not isinstance(kid, str) or not 0 < len(kid) <= LONGEST_KID:
        invalid()
    if not isinstance(kind, str) or kind.lower().removeprefix("application/") not in types:
        invalid()
    if set(header) - {"alg", "kid", "typ"}:
        invalid()
    return {"kid": kid}


def _verified(token: str, key: RSAKey) -> bytes:
    signature = token.rpartition(".")[2]
    spelt = base64.urlsafe_b64encode(base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4)))
    if spelt.decode().rstrip("=") != signature:
        invalid()
    try:
        return jws.deserialize_compact(token.encode(), key, algorithms=[ALGORITHM]).payload or b""
    except JoseError:
        return invalid()


def _claims(payload: bytes) -> dict[str, Any]:
    claims = json.loads(payload, object_pairs_hook=_members)
    return claims if isinstance(claims, dict) else invalid()


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        invalid()
    return members


def _audience(claims: Mapping[str, Any]) -> list[str]:
    named = claims.get("aud")
    audience = [named] if isinstance(named, str) else named
    if not isinstance(audience, list) or any(not isinstance(one, str) for one in audience):
        refuse("aud")
    return audience
