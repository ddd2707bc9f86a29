from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from typing import Any

import pytest

from spe.values import from_data, to_data
from spe.web.app import api_routes
from spe.web.bodies import JsonBody
from spe.web.examples import EXAMPLES
from spe.web.openapi import body_of, is_signed_in, is_write
from tests.unit.web.served import World

WORLD = World()
DOCUMENT: dict[str, Any] = WORLD.client.get("/openapi.json").json()
OPERATIONS = [
    (route, method, DOCUMENT["paths"][route.path_format][method.lower()])
    for route in api_routes(WORLD.app)
    for method in route.methods or ()
    if route.include_in_schema
]


def references(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if "$ref" in value else set()
        return own.union(*(references(inner) for inner in value.values()))
    return set().union(*(references(inner) for inner in value)) if isinstance(value, list) else set()


def test_it_is_openapi_3_1_and_every_reference_leads_somewhere() -> None:
    assert DOCUMENT["openapi"].startswith("3.1")
    known = {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}
    assert references(DOCUMENT) - known == set()


def test_nothing_of_the_framework_shows_through() -> None:
    text = json.dumps(DOCUMENT)
    assert "HTTPValidationError" not in text
    assert "x-kind" not in text


def test_every_operation_says_what_it_does_and_which_problems_it_can_meet() -> None:
    for route, method, operation in OPERATIONS:
        assert operation["summary"], (method, route.path)
        problems = {status for status in operation["responses"] if status.startswith(("4", "5"))}
        assert ("401" in problems) == (is_signed_in(route) or route.path.startswith("/demo/"))
        assert ("409" in problems) == is_write(route)
        assert any(status.startswith("2") for status in operation["responses"])


def test_every_operation_that_reads_a_body_describes_it() -> None:
    for route, _, operation in OPERATIONS:
        body = body_of(route)
        assert ("requestBody" in operation) == (body is not None)
        if isinstance(body, JsonBody):
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            assert schema == {"$ref": f"#/components/schemas/{body.kind.__name__}"}


def test_every_write_wants_an_idempotency_key() -> None:
    for route, _, operation in OPERATIONS:
        named = {one["name"]: one["required"] for one in operation.get("parameters", ())}
        assert named.get("Idempotency-Key", False) == is_write(route)


def test_schemas_are_closed_and_have_the_fields_of_their_class() -> None:
    for route, _, _ in OPERATIONS:
        body = body_of(route)
        if not isinstance(body, JsonBody):
            continue
        schema = DOCUMENT["components"]["schemas"][body.kind.__name__]
        assert is_dataclass(body.kind)
        assert list(schema["properties"]) == [field.name for field in fields(body.kind)]
        assert schema["additionalProperties"] is False


@pytest.mark.parametrize("kind", list(EXAMPLES), ids=lambda kind: str(kind.__name__))
def test_every_example_is_a_value_that_the_api_takes(kind: type) -> None:
    assert from_data(kind, to_data(EXAMPLES[kind])) == EXAMPLES[kind]
