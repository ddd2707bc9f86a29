"""What a route leaves in the log, said beside the route: `openapi_extra=leaves(...)`, shown in the document as `x-events`.

Nothing is served that does not say so: `undeclared` is asked when the application is put together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from fastapi.routing import APIRoute

from spe.audit.events import Event
from spe.audit.events.call import CallAnswered, PublicCalls
from spe.audit.events.policy import Refused

FIELD = "x-events"
_COUNTED = "counted"


def leaves(*done: type[Event]) -> dict[str, Any]:
    """Declare what a call of somebody who signed in leaves: `done` where it succeeds, else what all routes leave.

    `otherwise` is for what failed before or after policy was asked, and for a repetition of an answered call.
    """
    return {
        FIELD: {
            "done": sorted(event.type for event in done),
            "refused": [Refused.type],
            "otherwise": [CallAnswered.type],
        }
    }


def tallied(said: dict[str, Any], *later: type[Event]) -> dict[str, Any]:
    """Declare with `said` a route whose calls may be counted in the caller's name, as `later` tells when the minute is over."""
    return {FIELD: {**said[FIELD], "later": sorted(event.type for event in later)}}


def counted(*done: type[Event]) -> dict[str, Any]:
    """Declare a route for anybody: its calls are counted by the minute, so that nobody can fill the log with them."""
    return {FIELD: {"done": sorted(event.type for event in done), _COUNTED: [PublicCalls.type]}}


def declared(route: APIRoute) -> frozenset[str]:
    """Return every type of entry that calls of the route may leave, by themselves or counted."""
    said = (route.openapi_extra or {}).get(FIELD, {})
    return frozenset(type_ for types in said.values() for type_ in types)


def is_counted(route: object) -> bool:
    """Say whether anybody may call the route."""
    return isinstance(route, APIRoute) and _COUNTED in (route.openapi_extra or {}).get(FIELD, {})


def undeclared(routes: Iterable[APIRoute], signed_in: Iterable[APIRoute]) -> Iterator[str]:
    """Yield the paths of routes that don't say what they leave, or serve anybody without being counted."""
    for_people = {id(route) for route in signed_in}
    for route in routes:
        if not declared(route) or is_counted(route) == (id(route) in for_people):
            yield route.path
