"""What a route is given: who calls, the desks, and for writes the promise that a repetition does nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from typing import Annotated, Any, Protocol, TypeVar

from fastapi import Depends, Header, Path, Query, Request
from starlette.responses import JSONResponse

from spe.audit.change import Call, Change, Entry, Who
from spe.audit.events.call import SignedIn, SignedOut
from spe.errors import NotSignedIn
from spe.identity.model import Person
from spe.policy.enforce import Done
from spe.values import to_data
from spe.web.desks import Desks
from spe.web.idempotency import HEADER, Answers, call_of, once
from spe.web.problems import Explain
from spe.web.queries import must_be_declared, must_have_no_body
from spe.web.refusals import Refusals

T = TypeVar("T")
_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]*$"
_NOTHING = sha256(b"").digest()
MOST = 200
KINDS: dict[str, type] = {}

Id = Annotated[
    str, Path(max_length=200, pattern=_NAME, description="An identifier as an earlier answer gave it")
]
After = Annotated[str, Query(max_length=200, description="Only what comes after this identifier")]
Limit = Annotated[int, Query(ge=1, le=MOST, description="How many at most")]


class Verifier(Protocol):
    """Turns a bearer token into a person, or raises `NotSignedIn`."""

    def verify(self, token: str) -> Person:
        """Return whom the token speaks of."""
        ...

    def remembered(self, token: str) -> Person | None:
        """Return whom a token speaks of that was verified just before, at once; None for any other."""
        ...


@dataclass(frozen=True, slots=True)
class Edge:
    """All that the routes need from outside; `create_app` keeps it in the application's state."""

    desks: Desks
    verifier: Verifier
    answers: Answers
    explain: Explain
    refusals: Refusals

    def signs_in(self, person: Person, by: str = "demo") -> None:
        """Commit that `person` was given a token, before they have it."""
        self._tells(person.who(), SignedIn(by))

    def signs_out(self, who: Who, by: str) -> None:
        """Commit that a session of `who` is about to end."""
        self._tells(who, SignedOut(by))

    def _tells(self, who: Who, event: SignedIn | SignedOut) -> None:
        entry = Entry(who, event, self.refusals.clock.now())
        self.refusals.committer.commit(Change(entries=(entry,)))


def edge(request: Request) -> Edge:
    """Return the application's edge."""
    found = request.app.state.edge
    assert isinstance(found, Edge)  # noqa: S101 - for the type checker: create_app put it there
    return found


def signed_in(request: Request) -> Person:
    """Return who calls, by the one bearer token in `Authorization`; refusals are counted.

    The call is that person's from here on: `Accounted` sees to it that it leaves an entry.
    """
    here = edge(request)
    try:
        person = here.verifier.verify(_bearer(request.headers.getlist("authorization")))
    except NotSignedIn:
        here.refusals.count()
        raise
    request.scope["person"] = person
    return person


def _bearer(given: list[str]) -> str:
    token = bearer_of(given)
    if not token:
        raise NotSignedIn("Authorization must carry one bearer token")
    return token


def bearer_of(given: list[str]) -> str:
    """Return the one bearer token of these `Authorization` fields, "" where it isn't one."""
    scheme, _, token = given[0].partition(" ") if len(given) == 1 else ("", "", "")
    return token if scheme.lower() == "bearer" else ""


class Caller:
    """Somebody who is signed in, at the desks; a read needs no more."""

    def __init__(self, request: Request) -> None:
        self.person = signed_in(request)
        must_be_declared(request)
        if request.method == "GET":
            must_have_no_body(request)
        self.edge = edge(request)
        self.desks = self.edge.desks
        self.languages = request.headers.get("accept-language", "")


class Writer(Caller):
    """Somebody who is signed in and wants something done, once for each idempotency key."""

    def __init__(
        self,
        request: Request,
        key: Annotated[
            str, Header(alias=HEADER, description="New for every new act; the same to repeat one")
        ] = "",
    ) -> None:
        super().__init__(request)
        self._request = request
        self._key = key
        call_of(self.person, key, "", "", b"")

    def once(self, act: Callable[[], Done | Mapping[str, Any]], status: int = 200) -> JSONResponse:
        """Answer with what `act` did, or with what it did when this call came before."""
        return JSONResponse(dict(once(self._call(), self.edge.answers, lambda: to_data(act()))), status)

    def _call(self) -> Call:
        request = self._request
        sent = getattr(request.state, "sent", None)
        if sent is None:
            must_have_no_body(request)
        return call_of(self.person, self._key, request.method, request.url.path, sent or _NOTHING)


Reads = Annotated[Caller, Depends(Caller)]
Writes = Annotated[Writer, Depends(Writer)]


def answer(value: Any) -> JSONResponse:
    """Return a record or a view as JSON."""
    return JSONResponse(to_data(value))


def begun(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Return the chunks once the first is there: what refuses a file must do so before the answer begins."""
    first = next(chunks, b"")
    return chain((first,), chunks)


def page(items: tuple[Mapping[str, Any], ...], limit: int, key: str = "id") -> JSONResponse:
    """Return one keyset page; `next` is what to send as `after`, or null at the end."""
    following = str(items[-1][key]) if len(items) >= limit else None
    return JSONResponse({"items": to_data(items), "next": following})


def returns(
    kind: type, description: str = "What was asked for", status: int = 200
) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI entry of an answer; the document has the schema of `kind` in its place."""
    if KINDS.setdefault(kind.__name__, kind) is not kind:
        raise TypeError(f"another answer is called {kind.__name__} already")
    return {status: {"description": description, "x-kind": kind.__name__}}


def refuses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI entries of problems that a route meets beside those that all of its kind do."""
    return {status: {"description": "", "x-problem": True} for status in statuses}


def streams(media_type: str, description: str) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI entries of an answer that is a file, unless it is not what was sealed."""
    content = {media_type: {"schema": {"type": "string", "format": "binary"}}}
    return {200: {"description": description, "content": content}, **refuses(422)}
