"""Browsers' sessions that an identity provider began: what it gave stays here, and each call asks the one verifier.

So a session ends within half a minute of what it rests on; besides it has the ends of every session, and the provider may sign out.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Protocol

from spe.clock import Clock
from spe.crypto.keyed import new_key, open_text, seal_text
from spe.errors import NotSignedIn
from spe.identity.model import Person
from spe.identity.portal import Attempt, Logout, Tokens
from spe.web.sessions import MemorySessions, Session

_MOST = 10_000
_BIND = b"spe attempt 1"


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


@dataclass(slots=True)
class Held:
    """What a session rests on, whose it is, and what was typed before a second factor was asked for."""

    tokens: Tokens
    person: Person
    kept: Mapping[str, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)


class ProviderSessions:
    """`Sessions` of one process whose people an identity provider signs in."""

    def __init__(self, provider: Provider, verifier: Verifier, clock: Clock) -> None:
        self.provider = provider
        self._verifier = verifier
        self._sessions = MemorySessions(clock)
        self._held: OrderedDict[bytes, Held] = OrderedDict()
        self._key = new_key()
        self._lock = threading.Lock()

    def seal(self, attempt: str) -> str:
        """Return an attempt so that its browser can keep it and nobody can read or change it."""
        return seal_text(self._key, attempt, _BIND)

    def unseal(self, sealed: str) -> str:
        """Return an attempt that was sealed since this process started; `IntegrityFailure` for anything else."""
        return open_text(self._key, sealed, _BIND)

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
        cookie = self._sessions.open(person)
        with self._lock:
            self._held[_digest(cookie)] = Held(tokens, person)
            while len(self._held) > _MOST:
                self._held.popitem(last=False)
        return cookie

    def find(self, cookie: str) -> Session | None:
        """Return the session as the provider stands by it now; None where it is over, `Unreachable` without its answer."""
        session, held = self._sessions.find(cookie), self.held(cookie)
        if session is None or held is None:
            self.close(cookie)
            return None
        try:
            person = self._person(held)
        except NotSignedIn:
            self.close(cookie)
            return None
        return replace(session, person=person)

    def held(self, cookie: str) -> Held | None:
        """Return what the session with this cookie rests on."""
        with self._lock:
            return self._held.get(_digest(cookie))

    def close(self, cookie: str) -> None:
        """End a session here."""
        self._sessions.close(cookie)
        with self._lock:
            self._held.pop(_digest(cookie), None)

    def sign_out(self, logout: Logout) -> tuple[Person, ...]:
        """End what the provider signs out, tokens that are out included; return whose sessions were open here."""
        self._verifier.end(session=logout.session, subject="" if logout.session else logout.subject)
        with self._lock:
            ended = [key for key, one in self._held.items() if _is_of(one.tokens, logout)]
            return tuple(self._held.pop(key).person for key in ended)

    def _person(self, held: Held) -> Person:
        """Verify the session's token; one that is refused is renewed, by one call at a time."""
        tokens = held.tokens
        try:
            return self.admit(tokens)
        except NotSignedIn:
            with held.lock:
                if held.tokens is tokens:
                    held.tokens = self.provider.refresh(tokens)
            return self.admit(held.tokens)


def _is_of(tokens: Tokens, logout: Logout) -> bool:
    return tokens.session == logout.session if logout.session else tokens.subject == logout.subject


def _digest(cookie: str) -> bytes:
    return sha256(cookie.encode()).digest()
