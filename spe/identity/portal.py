"""What signing in at the portal passes around: an attempt, what it gave, the session that is kept, and who is signed out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from spe.audit.change import Who


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to sign in, kept sealed by the browser that began it: what its answer must repeat."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the issuer gave for a session; `session` is its own name for it, `subject` whose it is."""

    access: str
    refresh: str
    identity: str
    session: str
    subject: str


@dataclass(frozen=True, slots=True)
class Logout:
    """Whom the issuer signs out: one session, or where it names none all of a person's."""

    subject: str
    session: str


@dataclass(frozen=True, slots=True)
class KeptSession:
    """A session as it is kept: `key`, `sealed` and `typed` are worth nothing without the cookie of its browser.

    `session` is the issuer's name for it, `typed` what was written before a second factor was asked for. It ends at `ends`
    in any case, at `idle` without a call; until `renewing` one call renews its tokens (all in seconds since 1970).
    """

    key: str
    session: str
    who: Who
    sealed: str
    ends: int
    idle: int
    typed: str = ""
    renewing: int = 0


class KeptSessions(Protocol):
    """Keeps sessions for every process that serves the portal; each method raises `Unreachable` where it can't."""

    def put(self, session: KeptSession, now: int) -> None:
        """Keep a new session, and drop all that are over."""
        ...

    def find(self, key: str) -> KeptSession | None:
        """Return what is kept under `key`, which may be over."""
        ...

    def named(self, logout: Logout) -> Sequence[KeptSession]:
        """Return what the issuer's logout is about."""
        ...

    def touch(self, key: str, idle: int) -> None:
        """Have a session end at `idle` where no call comes."""
        ...

    def keep(self, key: str, typed: str) -> None:
        """Keep what was typed."""
        ...

    def claim(self, session: KeptSession, now: int, until: int) -> bool:
        """Say whether the caller alone renews the session from here on; not where somebody does, or has since it was found."""
        ...

    def renew(self, key: str, sealed: str) -> None:
        """Keep what the session rests on from now on, and let others claim it."""
        ...

    def drop(self, *keys: str) -> None:
        """Forget sessions."""
        ...
