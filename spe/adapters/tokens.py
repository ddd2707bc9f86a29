"""Verifying access tokens with joserfc: RS256 by a key of the issuer, exact issuer, our audience, strict times.

Steps: 1 size and form, 2 header, 3 key, 4 signature, 5 claims of the token, 6 claims of the person, 7 whether the issuer still
stands by it, where it can be asked. Whatever goes wrong at any of them is `NotSignedIn`, and the answer does not say at which.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from spe.adapters.issuer_keys import IssuerKeys, JwksSource
from spe.adapters.signed_claims import LEEWAY, LONGEST_LIFE, Expected, expiry, invalid, signed_claims
from spe.clock import Clock, epoch
from spe.errors import NotSignedIn, SpeError
from spe.identity.claims import instant, person, refuse, session
from spe.identity.model import Person

CACHED = 30
_MOST_CACHED = 4096
_MOST_ENDED = 65_536

Standing = Callable[[str], Mapping[str, Any] | None]
"""Asks the issuer whether it stands by a token: what it says of it now, None where it doesn't; `Unreachable` without answer."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What a token was found to say; `until` is when it must be looked at again, `session` the issuer's or ""."""

    person: Person
    session: str
    issued: int
    until: int


class TokenVerifier:
    """Turns bearer tokens into persons; keeps the issuer's keys, and what it verified for at most 30 s."""

    def __init__(
        self, expected: Expected, source: JwksSource, clock: Clock, standing: Standing | None = None
    ) -> None:
        self._expected = expected
        self._keys = IssuerKeys(source, clock)
        self._clock = clock
        self._standing = standing
        self._known: OrderedDict[bytes, Verified] = OrderedDict()
        self._refused: OrderedDict[bytes, int] = OrderedDict()
        self._ended: OrderedDict[tuple[str, str], int] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def keys(self) -> IssuerKeys:
        """Return the issuer's keys, by which its other tokens are verified too."""
        return self._keys

    def verify(self, token: str) -> Person:
        """Return whom `token` speaks of; `NotSignedIn` for anything that isn't a valid token.

        `Unreachable` where the token is well but its issuer doesn't say whether it still stands by it.
        """
        now = epoch(self._clock.now())
        try:
            digest = sha256(token.encode()).digest()
            known = self._recall(digest, now)
            if known is None:
                known = self._keep(digest, self._judge(token, digest, now))
            self._not_ended(known)
            return known.person
        except SpeError:
            raise
        except Exception as cause:
            raise NotSignedIn("the token is not valid") from cause

    def remembered(self, token: str) -> Person | None:
        """Return whom `token` speaks of, where it was verified just before and nothing has ended it since; it waits for nothing."""
        try:
            known = self._recall(sha256(token.encode()).digest(), epoch(self._clock.now()))
            if known is not None:
                self._not_ended(known)
        except (NotSignedIn, UnicodeError):
            return None
        return known.person if known is not None else None

    def purge(self) -> None:
        """Forget every verified token: whoever was signed out is asked for a valid token at once."""
        with self._lock:
            self._known.clear()

    def end(self, *, session: str = "", subject: str = "") -> None:
        """Take no token any more of the issuer's `session`, nor any of `subject` that was issued until now."""
        now = epoch(self._clock.now())
        with self._lock:
            for key in ((("sid", session),) if session else ()) + ((("sub", subject),) if subject else ()):
                self._ended[key] = now
                self._ended.move_to_end(key)
            while self._ended and (
                len(self._ended) > _MOST_ENDED or next(iter(self._ended.values())) < now - LONGEST_LIFE
            ):
                self._ended.popitem(last=False)

    def _judge(self, token: str, digest: bytes, now: int) -> Verified:
        claims = signed_claims(token, self._keys, self._expected.types)
        expires = expiry(claims, self._expected, now)
        if claims.get("typ", "Bearer") != "Bearer":
            refuse("typ")
        found = person(claims)
        if found.second_factor_at > now + LEEWAY:
            refuse("auth_time")
        self._stands(token, digest, found, now)
        return Verified(found, session(claims), instant(claims, "iat"), min(expires, now + CACHED))

    def _stands(self, token: str, digest: bytes, found: Person, now: int) -> None:
        """Refuse a token that its issuer no longer stands by, or of whose person it now says something else."""
        if self._standing is None:
            return
        if self._refused.get(digest, 0) > now:
            invalid()
        said = self._standing(token)
        if said is None or person(said) != found:
            self._refuse(digest, now)
            invalid()

    def _refuse(self, digest: bytes, now: int) -> None:
        with self._lock:
            self._refused[digest] = now + CACHED
            while len(self._refused) > _MOST_CACHED:
                self._refused.popitem(last=False)

    def _not_ended(self, known: Verified) -> None:
        with self._lock:
            by_session = bool(known.session) and ("sid", known.session) in self._ended
            by_subject = known.issued <= self._ended.get(("sub", str(known.person.id)), -1)
        if by_session or by_subject:
            invalid()

    def _recall(self, digest: bytes, now: int) -> Verified | None:
        with self._lock:
            known = self._known.get(digest)
        return known if known is not None and known.until > now else None

    def _keep(self, digest: bytes, known: Verified) -> Verified:
        with self._lock:
            self._known[digest] = known
            while len(self._known) > _MOST_CACHED:
                self._known.popitem(last=False)
        return known
