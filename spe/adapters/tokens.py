"""Verifying access tokens with joserfc: RS256 by a key of the issuer, exact issuer, our audience, strict times.

Steps: 1 size and form, 2 header, 3 key, 4 signature, 5 claims of the token, 6 claims of the person. Whatever goes wrong at any
of them is `NotSignedIn`, and the answer does not say at which.
"""

from __future__ import annotations

import base64
import json
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, NoReturn

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from spe.clock import Clock, epoch
from spe.errors import NotSignedIn, SpeError
from spe.identity.claims import instant, person, refuse
from spe.identity.model import Person

ALGORITHM = "RS256"
LARGEST_TOKEN = 16_384
LARGEST_JWKS = 262_144
LEEWAY = 30
REFETCH = 30
CACHED = 30
RENEW = 300
OLDEST = 3_600
LONGEST_LIFE = 86_400
_MOST_CACHED = 4096
_LEAST_BITS = 2048
_LONGEST_KID = 128
_FORM = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")

JwksSource = Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token must say of itself; `clients` restricts `azp` where the token names one, () allows none but absent.

    `types` are the admitted values of the header's `typ`, in lower case.
    """

    issuer: str
    audience: str
    types: tuple[str, ...] = ("at+jwt",)
    clients: tuple[str, ...] = ()


class TokenVerifier:
    """Turns bearer tokens into persons; keeps the issuer's keys, and what it verified for at most 30 s."""

    def __init__(self, expected: Expected, source: JwksSource, clock: Clock) -> None:
        self._expected = expected
        self._keys = IssuerKeys(source, clock)
        self._clock = clock
        self._known: OrderedDict[bytes, tuple[int, Person]] = OrderedDict()
        self._lock = threading.Lock()

    def verify(self, token: str) -> Person:
        """Return whom `token` speaks of; `NotSignedIn` for anything that isn't a valid token, never another error."""
        now = epoch(self._clock.now())
        try:
            digest = sha256(token.encode()).digest()
            known = self._recall(digest, now)
            if known is not None:
                return known
            return self._keep(digest, now, *self._judge(token, now))
        except SpeError:
            raise
        except Exception as cause:
            raise NotSignedIn("the token is not valid") from cause

    def purge(self) -> None:
        """Forget every verified token: whoever was signed out is asked for a valid token at once."""
        with self._lock:
            self._known.clear()

    def _judge(self, token: str, now: int) -> tuple[int, Person]:
        if len(token) > LARGEST_TOKEN or _FORM.fullmatch(token) is None:
            _invalid()
        header = _header(token, self._expected.types)
        key = self._keys.find(header["kid"])
        claims = _claims(_verified(token, key))
        return _valid(claims, self._expected, now), person(claims)

    def _recall(self, digest: bytes, now: int) -> Person | None:
        with self._lock:
            until, known = self._known.get(digest, (0, None))
        return known if until > now else None

    def _keep(self, digest: bytes, now: int, expires: int, known: Person) -> Person:
        with self._lock:
            self._known[digest] = (min(expires, now + CACHED), known)
            while len(self._known) > _MOST_CACHED:
                self._known.popitem(last=False)
        return known


class IssuerKeys:
    """The issuer's RS256 keys by `kid`, fetched for an unknown one or when 5 minutes old, at most every 30 s.

    When fetching fails the keys that were there stay for an hour at most: an issuer that is down for a moment drops
    nobody, one that can't be asked whether it took a key back is not believed for ever.
    """

    def __init__(self, source: JwksSource, clock: Clock) -> None:
        self._source = source
        self._clock = clock
        self._keys: Mapping[str, RSAKey] = {}
        self._tried = 0
        self._fetched = 0
        self._lock = threading.Lock()

    def find(self, kid: str) -> RSAKey:
        """Return the key called `kid`; `NotSignedIn` where the issuer has none."""
        if kid not in self._keys or self._age() >= RENEW:
            self._refetch()
        if self._age() >= OLDEST or kid not in self._keys:
            _invalid()
        return self._keys[kid]

    def _age(self) -> int:
        return epoch(self._clock.now()) - self._fetched

    def _refetch(self) -> None:
        with self._lock:
            now = epoch(self._clock.now())
            if now - self._tried < REFETCH:
                return
            self._tried = now
            try:
                self._keys = parse_jwks(self._source())
            except Exception:  # noqa: BLE001 - an issuer out of reach must not end what was valid
                return
            self._fetched = now


def parse_jwks(data: bytes) -> Mapping[str, RSAKey]:
    """Return the signing keys of a JWKS: RSA of at least 2,048 bits, for RS256 where they say; others are passed over.

    Raises `NotSignedIn` for anything that is no JWKS, is over 256 KiB, or holds no such key.
    """
    if len(data) > LARGEST_JWKS:
        _invalid()
    try:
        found = [(member["kid"], _public(member)) for member in json.loads(data)["keys"] if _signs(member)]
    except (JoseError, KeyError, TypeError, ValueError, RecursionError):
        _invalid()
    return {kid: key for kid, key in found if key.raw_value.key_size >= _LEAST_BITS} or _invalid()


def _signs(member: Any) -> bool:
    return (
        isinstance(member, dict)
        and member.get("kty") == "RSA"
        and member.get("alg", ALGORITHM) == ALGORITHM
        and member.get("use", "sig") == "sig"
        and isinstance(member.get("kid"), str)
        and 0 < len(member["kid"]) <= _LONGEST_KID
    )


def _public(member: Mapping[str, Any]) -> RSAKey:
    """Return the public half and nothing else that the issuer may say of the key."""
    return RSAKey.import_key({name: member[name] for name in ("kty", "n", "e")})


def _header(token: str, types: tuple[str, ...]) -> dict[str, str]:
    """Return the header when it has `alg`, `kid` and `typ` as expected and nothing that names another key."""
    header = jws.extract_compact(token.encode()).headers()
    kid, kind = header.get("kid"), header.get("typ")
    if header.get("alg") != ALGORITHM or not isinstance(kid, str) or not 0 < len(kid) <= _LONGEST_KID:
        _invalid()
    if not isinstance(kind, str) or kind.lower().removeprefix("application/") not in types:
        _invalid()
    if set(header) - {"alg", "kid", "typ"}:
        _invalid()
    return {"kid": kid}


def _verified(token: str, key: RSAKey) -> bytes:
    signature = token.rpartition(".")[2]
    spelt = base64.urlsafe_b64encode(base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4)))
    if spelt.decode().rstrip("=") != signature:
        _invalid()
    try:
        return jws.deserialize_compact(token.encode(), key, algorithms=[ALGORITHM]).payload or b""
    except JoseError:
        return _invalid()


def _claims(payload: bytes) -> dict[str, Any]:
    claims = json.loads(payload, object_pairs_hook=_members)
    return claims if isinstance(claims, dict) else _invalid()


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        _invalid()
    return members


def _valid(claims: Mapping[str, Any], expected: Expected, now: int) -> int:
    """Return when the token expires, once its own claims are as expected at `now`."""
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


def _audience(claims: Mapping[str, Any]) -> list[str]:
    named = claims.get("aud")
    audience = [named] if isinstance(named, str) else named
    if not isinstance(audience, list) or any(not isinstance(one, str) for one in audience):
        refuse("aud")
    return audience


def _invalid() -> NoReturn:
    raise NotSignedIn("the token is not valid")
