"""Errors as RFC 9457 problems: one table from class to status; the type is stable, the detail is for people."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Mapping
from pathlib import PurePath
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from spe import errors
from spe.errors import Denied, Malformed, NotFound, Reason, SecondFactorNeeded, SpeError, Undecided
from spe.identity.model import SECOND_FACTOR
from spe.policy.messages import Explanation
from spe.values import to_data
from spe.web.bodies import TooLarge, WrongMediaType
from spe.web.idempotency import KeyReused
from spe.web.languages import reads
from spe.web.origin import NotFromHere

MEDIA_TYPE = "application/problem+json"
TYPE = "urn:spe:problem:"
STATUS: Mapping[type[SpeError], int] = {
    errors.SpeError: 500,
    errors.Malformed: 400,
    errors.NotFound: 404,
    errors.NotSignedIn: 401,
    errors.Denied: 403,
    errors.SecondFactorNeeded: 401,
    errors.NotNow: 409,
    errors.Conflict: 409,
    errors.StoppedByChecks: 409,
    errors.IntegrityFailure: 422,
    errors.Unreachable: 503,
    errors.NotKnownYet: 503,
    errors.Undecided: 503,
    KeyReused: 422,
    TooLarge: 413,
    WrongMediaType: 415,
    NotFromHere: 403,
}
NOTHING_THERE = "There is nothing of that name that you may see"
_HEADERS: Mapping[int, Mapping[str, str]] = {401: {"WWW-Authenticate": "Bearer"}, 503: {"Retry-After": "5"}}
_TITLES = {404: "Not found", 405: "Method not allowed"}

Explain = Callable[[Reason, str], Explanation]
AsPage = Callable[[Request, Mapping[str, Any]], Response | None]


def slug(kind: type[SpeError]) -> str:
    """Return the last part of a problem's type: the error's name in small letters with hyphens."""
    name = kind.__name__
    return "".join(
        f"-{char.lower()}" if char.isupper() and at else char.lower() for at, char in enumerate(name)
    )


def handled_by(app: FastAPI, explain: Explain) -> None:
    """Let `app` answer every error as a problem; `explain` gives a reason's message, reference and remedy."""

    def refused(request: Request, error: Exception) -> Response:
        return problem(request, error if isinstance(error, SpeError) else SpeError(), explain)

    app.add_exception_handler(SpeError, refused)
    app.add_exception_handler(RequestValidationError, _ill_formed)
    app.add_exception_handler(HTTPException, _by_status)


def problem(request: Request, error: SpeError, explain: Explain) -> Response:
    """Return `error` as a problem; a refusal's reasons come in the language that the caller reads."""
    more: dict[str, Any] = {}
    detail = NOTHING_THERE if isinstance(error, NotFound) else str(error)
    if isinstance(error, Denied | Undecided):
        reasons = told(explain, error.reasons, reads(request))
        detail = " ".join(reason["message"] for reason in reasons)
        more = {"gate": error.gate, "reasons": reasons}
    kind = listed(type(error))
    answer = plain(request, STATUS[kind], slug(kind), error.title, detail, more)
    if isinstance(error, SecondFactorNeeded):
        answer.headers["WWW-Authenticate"] = _challenge(error)
    return answer


def _challenge(error: SecondFactorNeeded) -> str:
    """Return the challenge of RFC 9470: which authentication, and how fresh."""
    seconds = next(value for reason in error.reasons for name, value in reason.params if name == "seconds")
    return (
        'Bearer error="insufficient_user_authentication", error_description="a fresh second factor is needed", '
        f'acr_values="{SECOND_FACTOR}", max_age={int(seconds)}'
    )


def told(explain: Explain, reasons: Iterable[Reason], language: str) -> list[dict[str, str]]:
    """Return each reason as people read it, its code in front."""
    return [{"code": reason.code, **to_data(explain(reason, language))} for reason in reasons]


def listed(kind: type[SpeError]) -> type[SpeError]:
    """Return the class of the table that an error is told as: its own, or the nearest one above it."""
    return next(above for above in kind.__mro__ if above in STATUS)


def plain(
    request: Request, status: int, name: str, title: str, detail: str, more: Mapping[str, Any] | None = None
) -> Response:
    """Return a problem with its correlation id, as a page to whoever reads pages; the scope remembers its name for the log."""
    request.scope["problem"] = name
    body = {
        "type": TYPE + name,
        "title": title,
        "status": status,
        "detail": detail,
        "correlation": correlation(request),
        **(more or {}),
    }
    as_page: AsPage = getattr(request.app.state, "as_page", _never)
    headers = dict(_HEADERS.get(status, {}))
    return as_page(request, body) or JSONResponse(body, status, headers=headers, media_type=MEDIA_TYPE)


def _never(_request: Request, _body: Mapping[str, Any]) -> None:
    """A server without pages tells nothing as one."""


def correlation(request: Request) -> str:
    """Return the id under which this call is found in the server's log."""
    return str(request.scope.get("correlation", ""))


def where(error: BaseException) -> list[str]:
    """Return the places that an error passed, without its message, which may carry data of a person."""
    frames = traceback.extract_tb(error.__traceback__)[-12:]
    return [f"{PurePath(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]


def _ill_formed(request: Request, error: Exception) -> Response:
    """An identifier in the path that can't be one reads as an unknown one; other parameters are named."""
    found = error.errors() if isinstance(error, RequestValidationError) else []
    if any(one["loc"][0] == "path" for one in found):
        return plain(request, 404, slug(NotFound), NotFound.title, NOTHING_THERE)
    detail = "; ".join(f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in found)
    return plain(request, STATUS[Malformed], slug(Malformed), Malformed.title, detail)


def _by_status(request: Request, error: Exception) -> Response:
    """Routing's own refusals: no such route, no such method."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    title = _TITLES.get(status, "Refused")
    name = slug(NotFound) if status == 404 else title.lower().replace(" ", "-")
    answer = plain(request, status, name, title, NOTHING_THERE if status == 404 else title)
    headers = error.headers if isinstance(error, HTTPException) else None
    answer.headers.update(headers or {})
    return answer
