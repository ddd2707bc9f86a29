"""What comes in a call's address beside its path: only declared parameters, each once, as text that can be read one way."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

from fastapi import Request
from fastapi.dependencies.models import Dependant

from spe.errors import Malformed

_MOST = 40
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


def must_be_declared(request: Request) -> None:
    """Raise `Malformed` for a parameter that the route doesn't have, one that comes twice, or one that is no text.

    A misspelt restriction would otherwise be no restriction.
    """
    given = _pairs(request.scope.get("query_string", b""))
    unknown = sorted({name for name, _ in given}.difference(_names(request.scope["route"].dependant)))
    if unknown:
        raise Malformed(f"query: there is no parameter called {unknown[0][:60]!r}")
    if len(dict(given)) != len(given):
        raise Malformed("query: a parameter comes twice")


def must_have_no_body(request: Request) -> None:
    """Raise `Malformed` where a call announces a body that it doesn't take."""
    if request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers:
        raise Malformed("this call takes no body")


def _pairs(query: bytes) -> list[tuple[str, str]]:
    try:
        pairs = parse_qsl(
            query.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST
        )
    except ValueError:
        raise Malformed("query: can't be read, or has too many parameters") from None
    if any(_CONTROL.search(text) for pair in pairs for text in pair):
        raise Malformed("query: text without control characters")
    return pairs


def _names(dependant: Dependant) -> Iterator[str]:
    parameters: list[Any] = dependant.query_params
    yield from (one.alias for one in parameters)
    for inner in dependant.dependencies:
        yield from _names(inner)
