"""An issuer's signing keys: RSA for RS256 and nothing else, fetched seldom, believed for a bounded time."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from spe.clock import Clock, epoch
from spe.errors import NotSignedIn

ALGORITHM = "RS256"
LARGEST_JWKS = 262_144
LONGEST_KID = 128
REFETCH = 30
RENEW = 300
OLDEST = 3_600
_LEAST_BITS = 2048

JwksSource = Callable[[], bytes]


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

    def ready(self) -> bool:
        """Say whether there are keys that are believed, fetching them where it is time to."""
        if not self._keys or self._age() >= RENEW:
            self._refetch()
        return bool(self._keys) and self._age() < OLDEST

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
        # Whoever has keys to go on with does not wait for the one who asks the issuer.
        if not self._lock.acquire(blocking=not self._keys):
            return
        try:
            now = epoch(self._clock.now())
            if now - self._tried < REFETCH:
                return
            self._tried = now
            try:
                self._keys = parse_jwks(self._source())
            except Exception:  # noqa: BLE001 - an issuer out of reach must not end what was valid
                return
            self._fetched = now
        finally:
            self._lock.release()


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
        and 0 < len(member["kid"]) <= LONGEST_KID
    )


def _public(member: Mapping[str, Any]) -> RSAKey:
    """Return the public half and nothing else that the issuer may say of the key."""
    return RSAKey.import_key({name: member[name] for name in ("kty", "n", "e")})


def _invalid() -> NoReturn:
    raise NotSignedIn("the token is not valid")
