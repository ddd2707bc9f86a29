"""What a route doesn't declare it doesn't take: each good body, broken in one way, is refused as such and does nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from spe.values import LONGEST_TEXT, to_data
from spe.web.app import api_routes
from spe.web.bodies import JsonBody
from spe.web.examples import EXAMPLES
from spe.web.openapi import body_of, is_signed_in
from tests.attacks.test_api_roles import BODIES
from tests.unit.web.served import SECRET, World

Break = Callable[[dict[str, Any]], bytes]
WORLD = World()
PLANTED = (
    "status",
    "id",
    "owner",
    "by",
    "applicant",
    "organisation",
    "version",
    "roles",
    "issued",
    "__class__",
    "",
)
"""Fields of records and people that somebody would like to set."""


def body(kind: type) -> dict[str, Any]:
    known = {**BODIES, "PersonaAsked": {"persona": "anna.ricci"}}
    found: dict[str, Any] = known.get(kind.__name__) or to_data(EXAMPLES[kind])
    return found


ROUTES = [
    (method, route, reader)
    for route in api_routes(WORLD.app)
    for method in sorted(route.methods or ())
    if isinstance(reader := body_of(route), JsonBody)
]


def with_value(text: str) -> Break:
    """Return what puts a raw text in the place of the first value."""

    def broken(good: dict[str, Any]) -> bytes:
        first = next(iter(good))
        rest = json.dumps({name: value for name, value in good.items() if name != first})[1:]
        return f'{{"{first}": {text}, {rest}'.encode("utf-8", "surrogatepass")

    return broken


def planted(name: str) -> Break:
    return lambda good: json.dumps(
        {**good, name: "x"} if name not in good else {**good, f"{name}_": "x"}
    ).encode()


def in_each_object(good: Any) -> Any:
    """Return the value with a field of nobody in every object of it."""
    if isinstance(good, dict):
        return {**{name: in_each_object(one) for name, one in good.items()}, "extra": 1}
    return [in_each_object(one) for one in good] if isinstance(good, list) else good


BROKEN: dict[str, Break] = {
    **{f"field {name!r}": planted(name) for name in PLANTED},
    "a field in every object": lambda good: json.dumps(in_each_object(good)).encode(),
    "a name twice": lambda good: json.dumps(good)[:-1].encode() + f', "{next(iter(good))}": 1}}'.encode(),
    "NaN": with_value("NaN"),
    "infinity": with_value("-Infinity"),
    "a float beyond floats": with_value("1e999"),
    "an integer beyond 2^53": with_value(str(2**53)),
    "an integer of 10,000 digits": with_value("9" * 10_000),
    "a deep list": with_value("[" * 100_000 + "]" * 100_000),
    "a deep map": with_value('{"a":' * 50_000 + "1" + "}" * 50_000),
    "half a surrogate pair": with_value('"\\ud800"'),
    "a surrogate as bytes": with_value('"\ud800"'),
    "NUL": with_value('"a\\u0000b"'),
    "an escape": with_value('"\\u001b[2J"'),
    "a text that is too long": with_value(json.dumps("x" * (LONGEST_TEXT + 1))),
    "a list that is too long": with_value(json.dumps(["x"] * 10_001)),
    "another type": with_value('{"a": [null]}'),
    "not UTF-8": lambda good: json.dumps(good).encode() + b"\xff",
    "UTF-16": lambda good: json.dumps(good).encode("utf-16"),
    "a byte order mark": lambda good: b"\xef\xbb\xbf" + json.dumps(good).encode(),
    "something after it": lambda good: json.dumps(good).encode() + b"{}",
    "a comment": lambda good: b"/**/" + json.dumps(good).encode(),
    "cut off": lambda good: json.dumps(good).encode()[:-1],
    "nothing": lambda _: b"",
    "a list": lambda good: json.dumps([good]).encode(),
    "null": lambda _: b"null",
}  # fmt: skip


def named(one: Any) -> str:
    return f"{one[0]} {one[1].path}" if isinstance(one, tuple) else str(one)


@pytest.mark.parametrize("one", ROUTES, ids=named)
def test_a_body_that_is_broken_in_any_way_is_refused_before_anything_is_done(one: Any) -> None:
    method, route, reader = one
    for way, breaks in BROKEN.items():
        headers = {
            **WORLD.headers("anna.ricci"),
            "Content-Type": "application/json",
            "X-Persona-Secret": SECRET,
        }
        before, records = len(WORLD.store.log), deepcopy(WORLD.store._rows)
        path = route.path.replace("{permit}", "p-1").replace("{site}", "s-1").replace("{id}", "i-1")
        answer = WORLD.client.request(
            method, path.replace("{holder}", "h-1"), content=breaks(body(reader.kind)), headers=headers
        )
        assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json"), way
        assert answer.json()["type"] == "urn:spe:problem:malformed", way
        assert WORLD.store._rows == records, way
        left = [entry.event.type for entry in WORLD.store.log[before:]]
        assert left == (["api.answered"] if is_signed_in(route) else []), way


@pytest.mark.parametrize(
    ("query", "what"),
    [
        ("limit=5&nothing=1", "no parameter called 'nothing'"),
        ("limit=5&limit=6", "twice"),
        ("after=%ff", "can't be read"),
        ("after=a%00b", "control characters"),
        ("&".join(f"a{at}=1" for at in range(50)), "too many"),
        ("limit=1e3", "integer"),
        ("limit=-1", "greater"),
        ("after=" + "x" * 300, "at most"),
    ],
)
def test_a_query_that_is_not_declared_is_refused(query: str, what: str) -> None:
    answer = WORLD.get(f"/v1/datasets?{query}")
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert what in answer.json()["detail"]


def test_a_body_where_none_is_taken_is_refused() -> None:
    for method, path in (("GET", "/v1/datasets"), ("POST", "/v1/requests/req-1/withdraw")):
        for sent in (b"{}", iter((b"{", b"}"))):
            answer = WORLD.client.request(method, path, content=sent, headers=WORLD.headers())
            assert (answer.status_code, answer.json()["detail"]) == (400, "this call takes no body")
