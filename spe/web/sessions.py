"""Server-side sessions of browsers: the cookie is a random name for one, and says nothing by itself.

Who signs in how is not known here: a picker of personas and an identity provider open the same sessions.
"""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Protocol

from starlette.requests import Request
from starlette.responses import Response

from spe.clock import Clock, epoch
from spe.errors import NotSignedIn
from spe.identity.model import Person

COOKIE = "__Host-spe-session"
IDLE = 1_800
LONGEST = 28_800
_MOST = 10_000
_LONGEST_COOKIE = 100


@dataclass(frozen=True, slots=True)
class Session:
    """A browser's session: whose it is, the token that its forms carry, and when it ends (seconds since 1970)."""

    person: Person
    form: str
    ends: int
    idle: int


class Sessions(Protocol):
    """Keeps sessions where the browser can't reach them."""

    def open(self, person: Person) -> str:
        """Begin a session of `person` and return the value of its cookie; what came before it stays as it was."""
        ...

    def find(self, cookie: str) -> Session | None:
        """Return the session, for which a call has just come; None where there is none any more."""
        ...

    def close(self, cookie: str) -> None:
        """End a session."""
        ...


class MemorySessions:
    """`Sessions` of one process: half an hour without a call ends one, eight hours do in any case, and so does a restart."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: OrderedDict[bytes, Session] = OrderedDict()
        self._lock = threading.Lock()

    def open(self, person: Person) -> str:
        """Begin a session; the oldest goes where there are too many."""
        cookie, now = secrets.token_urlsafe(32), epoch(self._clock.now())
        session = Session(person, secrets.token_urlsafe(32), now + LONGEST, now + IDLE)
        with self._lock:
            self._kept[_digest(cookie)] = session
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)
        return cookie

    def find(self, cookie: str) -> Session | None:
        """Return the session and let its half hour begin anew."""
        now, key = epoch(self._clock.now()), _digest(cookie)
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            if now >= min(found.ends, found.idle):
                del self._kept[key]
                return None
            self._kept[key] = replace(found, idle=now + IDLE)
        return found

    def close(self, cookie: str) -> None:
        """End a session, if there is one."""
        with self._lock:
            self._kept.pop(_digest(cookie), None)


def session_of(request: Request) -> Session | None:
    """Return the session of the browser that calls, looked up once a call; None where the server has no sessions."""
    if "session" not in request.scope:
        sessions: Sessions | None = getattr(request.app.state, "sessions", None)
        cookie = cookie_of(request, COOKIE)
        # Where finding one fails there is none, also for the page that tells of the failure.
        request.scope["session"] = None
        request.scope["session"] = sessions.find(cookie) if sessions is not None and cookie else None
    found: Session | None = request.scope["session"]
    return found


def need_session(request: Request) -> Session:
    """Return the session; `NotSignedIn` where there is none. The call is its person's from here on."""
    session = session_of(request)
    if session is None:
        raise NotSignedIn("sign in, then go on where you were")
    request.scope["person"] = session.person
    return session


def cookie_of(request: Request, name: str, longest: int = _LONGEST_COOKIE) -> str:
    """Return a cookie's value, "" where it is absent, too long, or there more than once."""
    given = "; ".join(request.headers.getlist("cookie"))
    found = [part.partition("=")[2] for part in given.split("; ") if part.partition("=")[0] == name]
    return found[0] if len(found) == 1 and len(found[0]) <= longest else ""


def keep_cookie(answer: Response, name: str, value: str, seconds: int | None = None) -> None:
    """Set a cookie that only this host gets, only over a connection that nobody reads along, and no script sees.

    Browsers count http on loopback as such a connection.
    """
    answer.set_cookie(name, value, max_age=seconds, path="/", secure=True, httponly=True, samesite="lax")


def drop_cookie(answer: Response, name: str) -> None:
    """Have the browser forget a cookie."""
    answer.delete_cookie(name, path="/", secure=True, httponly=True, samesite="lax")


def _digest(cookie: str) -> bytes:
    # Looking up a digest takes no longer for a cookie that is nearly right.
    return sha256(cookie.encode()).digest()
