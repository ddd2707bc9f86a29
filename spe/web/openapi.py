"""The OpenAPI 3.1 document: bodies from the dataclasses that decode them, problems from their one table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from spe.policy.enforce import Done
from spe.values import to_data
from spe.web.bodies import JsonBody, StreamBody, TextBody
from spe.web.calls import KINDS, Caller, Writer
from spe.web.examples import EXAMPLES
from spe.web.idempotency import HEADER, KEY
from spe.web.own import looked
from spe.web.problems import MEDIA_TYPE
from spe.web.schemas import Schema, Schemas
from spe.web.views import Problem

_BODIES = (JsonBody, TextBody, StreamBody)
_SIGNED_IN = (400, 401, 403, 404, 503)
_FOR_WRITES = (409, 422)
_FOR_BODIES = (400, 413, 415)
_DIGEST: Schema = {
    "name": "Content-Digest",
    "in": "header",
    "required": True,
    "description": "The SHA-256 of the body (RFC 9530)",
    "schema": {"type": "string", "pattern": "^sha-256=:[A-Za-z0-9+/]{43}=:$"},
}
_TEXTS = {
    400: "The input can't be read",
    401: "No valid token",
    403: "Refused by policy, with every reason",
    404: "Nothing of that name that the caller may see",
    409: "Not possible in this state, or changed meanwhile",
    413: "The body is too large",
    415: "Another media type is expected",
    422: "The idempotency key came with another call, or bytes are not what was announced",
    503: "A needed part is unreachable and nothing was done, no rule could be asked, or it is not known yet whether it was done",
}


def document(app: FastAPI, routes: list[APIRoute]) -> dict[str, Any]:
    """Return the document for `routes`, made once."""
    made: dict[str, Any] = get_openapi(
        title=app.title,
        version=app.version,
        description=app.description,
        openapi_version="3.1.0",
        routes=routes,
    )
    schemas = Schemas()
    for route in routes:
        for method in route.methods or ():
            _complete(made["paths"][route.path_format][method.lower()], route, schemas)
    schemas.of(Problem)
    made["components"] = {
        "schemas": dict(sorted(schemas.components.items())),
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
    }
    return made


def dependencies(dependant: Dependant) -> Iterator[Any]:
    """Yield every callable that a route depends on."""
    for inner in dependant.dependencies:
        yield inner.call
        yield from dependencies(inner)


def is_signed_in(route: APIRoute) -> bool:
    """Say whether the route wants a token."""
    calls = set(dependencies(route.dependant))
    return looked in calls or any(isinstance(call, type) and issubclass(call, Caller) for call in calls)


def is_write(route: APIRoute) -> bool:
    """Say whether the route promises that a repetition does nothing."""
    return Writer in dependencies(route.dependant)


def body_of(route: APIRoute) -> JsonBody[Any] | TextBody | StreamBody | None:
    """Return what reads the route's body."""
    return next((call for call in dependencies(route.dependant) if isinstance(call, _BODIES)), None)


def _complete(operation: Schema, route: APIRoute, schemas: Schemas) -> None:
    body = body_of(route)
    if body is not None:
        operation["requestBody"] = _request(body, schemas)
    if isinstance(body, StreamBody):
        operation.setdefault("parameters", []).append(_DIGEST)
    if is_signed_in(route):
        operation["security"] = [{"token": []}]
    for parameter in operation.get("parameters", ()):
        if parameter["name"] == HEADER:
            parameter["required"] = True
            parameter["schema"] = {"type": "string", "pattern": f"^{KEY.pattern}$"}
    operation["responses"] = _answers(operation["responses"], route, schemas)


def _request(body: JsonBody[Any] | TextBody | StreamBody, schemas: Schemas) -> Schema:
    if not isinstance(body, JsonBody):
        return {"required": True, "content": {body.media_type: {"schema": {"type": "string"}}}}
    content: Schema = {"schema": schemas.of(body.kind)}
    if body.kind in EXAMPLES:
        content["example"] = to_data(EXAMPLES[body.kind])
    return {"required": True, "content": {body.media_type: content}}


def _answers(given: Mapping[str, Any], route: APIRoute, schemas: Schemas) -> Schema:
    """Return the answers: what the route declares, `Done` for a plain write, and the problems it can meet."""
    answers = {
        status: _success(one, route, schemas)
        for status, one in given.items()
        if status.startswith("2") or "x-kind" in one
    }
    own = [int(status) for status, one in given.items() if "x-problem" in one]
    return answers | {str(status): _problem(status) for status in sorted({*_problems(route), *own})}


def _success(one: Schema, route: APIRoute, schemas: Schemas) -> Schema:
    named = one.get("x-kind")
    kind = KINDS[named] if named else Done
    if not named and not is_write(route):
        return one
    schema = {"type": "object"} if kind is dict else schemas.of(kind)
    return {
        "description": one.get("description", "Done"),
        "content": {"application/json": {"schema": schema}},
    }


def _problems(route: APIRoute) -> tuple[int, ...]:
    found: tuple[int, ...] = ()
    if is_signed_in(route):
        found += _SIGNED_IN
    if is_write(route):
        found += _FOR_WRITES
    if body_of(route) is not None:
        found += _FOR_BODIES
    return found


def _problem(status: int) -> Schema:
    return {
        "description": _TEXTS[status],
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
