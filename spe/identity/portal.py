"""What signing in at the portal passes around: an attempt, what it gave, and who is signed out."""

from __future__ import annotations

from dataclasses import dataclass


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
