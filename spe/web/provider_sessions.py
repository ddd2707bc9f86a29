"""Browsers' sessions that an identity provider began: what it gave stays here, and each call asks the one verifier.

So a session ends within half a minute of what it rests on; besides it has the ends of every session, and the provider may sign out.
What is kept is sealed under the cookie, which only the browser has: neither opens anything without the other.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Protocol

from spe.audit.change import Who
from spe.clock import Clock, epoch
from spe.crypto.keyed import derived, open_text, seal_text
from spe.errors import NotSignedIn, Unreachable
from spe.identity.model import Person
from spe.identity.portal import Attempt, KeptSession, KeptSessions, Logout, Tokens
from spe.web.sessions import IDLE, LONGEST, Session

_TOUCHED = 60
_PATIENCE = 6
_PAUSE = 0.05
_ATTEMPT = b"spe attempt 1"
_SESSION = b"spe portal session 1"
_TYPED = b"spe portal typed 1"


class Provider(Protocol):
    """The identity provider as the portal needs it."""

    def begin(self, max_age: int | None = None) -> tuple[str, Attempt]:
        """Return where to send the browser, and the attempt."""
        ...

    def finish(self, attempt: Attempt, state: str, code: str) -> Tokens:
        """Return what the code is worth; `NotSignedIn` where that is nothing."""
        ...

    def refresh(self, tokens: Tokens) -> Tokens:
        """Return new tokens of the same session; `NotSignedIn` where it is over."""
        ...

    def revoke(self, tokens: Tokens) -> None:
        """Have the provider end the session."""
        ...

    def logout(self, token: str) -> Logout:
        """Return whom a logout token signs out; `NotSignedIn` for any other token."""
        ...


class Verifier(Protocol):
    """Verifies access tokens, and can be told to take some no more."""

    def verify(self, token: str) -> Person:
        """Return whom the token speaks of."""
        ...

    def end(self, *, session: str = "", subject: str = "") -> None:
        """Take no token of the session or, issued until now, of the person."""
        ...


@dataclass(frozen=True, slots=True)
class Held:
    """What a session rests on, the token that its forms carry, and what was typed before a second factor was asked for."""

    tokens: Tokens
    form: str
    typed: Mapping[str, str]


class ProviderSessions:
    """`Sessions` whose people an identity provider signs in: kept for all processes, sealed under the browser's cookie.

    Half an hour without a call ends one, told to the minute, eight hours do in any case; a restart doesn't.
    """

    def __init__(
        self, provider: Provider, verifier: Verifier, kept: KeptSessions, key: bytes, clock: Clock
    ) -> None:
        self.provider = provider
        self._verifier = verifier
        self._kept = kept
        self._key = key
        self._clock = clock

    def seal(self, attempt: str) -> str:
        """Return an attempt so that its browser can keep it and nobody can read or change it."""
        return seal_text(self._key, attempt, _ATTEMPT)

    def unseal(self, sealed: str) -> str:
        """Return an attempt that was sealed here; `IntegrityFailure` for anything else."""
        return open_text(self._key, sealed, _ATTEMPT)

    def open(self, person: Person) -> str:
        """Refuse: nobody is signed in here but by the provider."""
        raise NotSignedIn(f"the identity provider signs people in, {person.organisation} too")

    def admit(self, tokens: Tokens) -> Person:
        """Return whom fresh tokens speak of; `NotSignedIn` where sign-in and access token are not of one person."""
        person = self._verifier.verify(tokens.access)
        if str(person.id) != tokens.subject:
            raise NotSignedIn("the identity provider's tokens are not of one person: begin again")
        return person

    def begin(self, tokens: Tokens, person: Person) -> str:
        """Begin a session and return the value of its cookie."""
        cookie, now = secrets.token_urlsafe(32), self._now()
        sealed = _sealed(cookie, tokens, secrets.token_urlsafe(32))
        kept = KeptSession(_key_of(cookie), tokens.session, person.who(), sealed, now + LONGEST, now + IDLE)
        self._kept.put(kept, now)
        return cookie

    def find(self, cookie: str) -> Session | None:
        """Return the session as the provider stands by it now; None where it is over, `Unreachable` without its answer."""
        kept, now = self._kept.find(_key_of(cookie)), self._now()
        if kept is None:
            return None
        standing = None if now >= min(kept.ends, kept.idle) else self._standing(cookie, kept)
        if standing is None:
            self._kept.drop(kept.key)
            return None
        if now + IDLE - kept.idle >= _TOUCHED:
            self._kept.touch(kept.key, now + IDLE)
        person, form = standing
        return Session(person, form, kept.ends, now + IDLE)

    def held(self, cookie: str) -> Held | None:
        """Return what the session with this cookie rests on, without asking whether it still does."""
        kept = self._kept.find(_key_of(cookie))
        return _opened(cookie, kept) if kept is not None else None

    def keep(self, cookie: str, typed: Mapping[str, str]) -> None:
        """Keep what was typed until its session goes on."""
        self._kept.keep(_key_of(cookie), seal_text(_sealing(cookie), json.dumps(dict(typed)), _TYPED))

    def close(self, cookie: str) -> None:
        """End a session here."""
        self._kept.drop(_key_of(cookie))

    def sign_out(self, logout: Logout, tell: Callable[[Who], None]) -> None:
        """End what the provider signs out, tokens that are out included; `tell` of each session before it ends."""
        self._verifier.end(session=logout.session, subject="" if logout.session else logout.subject)
        ended = self._kept.named(logout)
        for one in ended:
            tell(one.who)
        self._kept.drop(*(one.key for one in ended))

    def _standing(self, cookie: str, kept: KeptSession) -> tuple[Person, str] | None:
        """Return whom the session's token speaks of, renewed where it is refused, and the token of forms."""
        held = _opened(cookie, kept)
        try:
            return self.admit(held.tokens), held.form
        except NotSignedIn:
            pass
        try:
            return self.admit(self._renewed(cookie, kept, held)), held.form
        except NotSignedIn:
            return None

    def _renewed(self, cookie: str, kept: KeptSession, held: Held) -> Tokens:
        """Return new tokens: of all calls of all processes one asks for them, since a refresh token is good for once."""
        end = time.monotonic() + _PATIENCE
        while not self._kept.claim(kept, self._now(), self._now() + _PATIENCE):
            other = self._kept.find(kept.key)
            if other is None:
                raise NotSignedIn("the session is over")
            if other.sealed != kept.sealed:
                return _opened(cookie, other).tokens
            if time.monotonic() > end:
                raise Unreachable("the session is being renewed: try again")
            time.sleep(_PAUSE)
        try:
            tokens = self.provider.refresh(held.tokens)
        except Unreachable:
            self._kept.renew(kept.key, kept.sealed)
            raise
        self._kept.renew(kept.key, _sealed(cookie, tokens, held.form))
        return tokens

    def _now(self) -> int:
        return epoch(self._clock.now())


def _sealed(cookie: str, tokens: Tokens, form: str) -> str:
    return seal_text(_sealing(cookie), json.dumps({"tokens": asdict(tokens), "form": form}), _SESSION)


def _opened(cookie: str, kept: KeptSession) -> Held:
    key = _sealing(cookie)
    held = json.loads(open_text(key, kept.sealed, _SESSION))
    typed = json.loads(open_text(key, kept.typed, _TYPED)) if kept.typed else {}
    return Held(Tokens(**held["tokens"]), held["form"], typed)


def _sealing(cookie: str) -> bytes:
    return derived(cookie.encode(), _SESSION)


def _key_of(cookie: str) -> str:
    # Looking up a digest takes no longer for a cookie that is nearly right.
    return sha256(cookie.encode()).hexdigest()
