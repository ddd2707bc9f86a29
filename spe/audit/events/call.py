"""Events of the API itself: what a call leaves when nothing else did, calls of anybody, and signing in."""

from dataclasses import dataclass
from typing import ClassVar

from spe.audit.events.model import Event


@dataclass(frozen=True, slots=True)
class CallAnswered(Event):
    """A signed-in call is about to be answered and left no other entry: refused unread, failed, or a repetition.

    `route` is the route's template, never the path that was called; `problem` is empty where it wasn't refused.
    """

    type: ClassVar[str] = "api.answered"
    method: str
    route: str
    status: int
    problem: str
    correlation: str


@dataclass(frozen=True, slots=True)
class SignedIn(Event):
    """Somebody was given a token; `by` says by whom: the demo's own sign-in, or the portal's."""

    type: ClassVar[str] = "identity.signed_in"
    by: str


@dataclass(frozen=True, slots=True)
class SignedOut(Event):
    """A session of the portal ended; `by` says by whom: the person themselves, or the identity provider."""

    type: ClassVar[str] = "identity.signed_out"
    by: str


@dataclass(frozen=True, slots=True)
class OwnDataShown(Event):
    """Somebody is about to be shown what their own token says of them, for the first time in this minute."""

    type: ClassVar[str] = "identity.shown"


@dataclass(frozen=True, slots=True)
class OwnDataShownAgain(Event):
    """How often somebody was shown that again in one minute, after the first time, at one process."""

    type: ClassVar[str] = "identity.shown_again"
    minute: int
    count: int


@dataclass(frozen=True, slots=True)
class PublicCalls(Event):
    """Calls that anybody may make, in one minute, counted by route; the empty route is where there was none."""

    type: ClassVar[str] = "api.public"
    minute: int
    routes: tuple[str, ...]
    counts: tuple[int, ...]
