from __future__ import annotations

import re
from typing import Any

import pytest
from fastapi.routing import APIRoute

from spe.web.app import api_routes
from spe.web.openapi import body_of, is_signed_in, is_write
from tests.unit.web.served import World

PUBLIC = {
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/openapi.json"),
    ("GET", "/v1/keys"),
    ("GET", "/v1/sign-in"),
    ("GET", "/v1/log/head"),
    ("GET", "/demo/jwks"),
    ("GET", "/demo/personas"),
    ("POST", "/demo/token"),
}
ASKS_ONLY = {("POST", "/v1/requests/preflight")}
WORLD = World()
ROUTES = [(method, route) for route in api_routes(WORLD.app) for method in sorted(route.methods or ())]
SIGNED_IN = [one for one in ROUTES if (one[0], one[1].path) not in PUBLIC]


def named(one: Any) -> str:
    return f"{one[0]} {one[1].path}" if isinstance(one, tuple) else str(one)


def filled(route: APIRoute) -> str:
    return re.sub(r"\{[^}]+\}", "some-thing", route.path)


def test_the_public_routes_are_a_closed_list() -> None:
    assert {(method, route.path) for method, route in ROUTES if not is_signed_in(route)} == PUBLIC


def test_every_write_is_idempotent_and_no_read_writes() -> None:
    changing = {(method, route.path) for method, route in ROUTES if method != "GET"} - PUBLIC - ASKS_ONLY
    assert {(method, route.path) for method, route in ROUTES if is_write(route)} == changing


def test_every_path_is_under_the_version_or_public() -> None:
    assert [route.path for _, route in SIGNED_IN if not route.path.startswith("/v1/")] == []


def test_no_two_routes_claim_one_path() -> None:
    shapes = [(method, re.sub(r"\{[^}]+\}", "*", route.path)) for method, route in ROUTES]
    assert len(set(shapes)) == len(shapes)


@pytest.mark.parametrize("one", SIGNED_IN, ids=named)
@pytest.mark.parametrize("token", [None, "", "Bearer", "Bearer x.y.z", "Basic YTpi", "Bearer a.b.c d"])
def test_no_route_answers_anybody_without_a_valid_token(one: tuple[str, APIRoute], token: str | None) -> None:
    method, route = one
    headers = {} if token is None else {"Authorization": token}
    answer = WORLD.client.request(method, filled(route), headers=headers, content=b"\x00not json")
    assert (answer.status_code, answer.json()["type"]) == (401, "urn:spe:problem:not-signed-in")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("one", [one for one in ROUTES if is_write(one[1])], ids=named)
def test_no_write_goes_without_an_idempotency_key(one: tuple[str, APIRoute]) -> None:
    headers = WORLD.headers()
    del headers["Idempotency-Key"]
    answer = WORLD.client.request(one[0], filled(one[1]), headers=headers)
    assert (answer.status_code, "Idempotency-Key" in answer.json()["detail"]) == (400, True)


BAD: list[bytes] = [
    b"",
    b"\x00\xff\xfe\x80",
    b"null",
    b"[]",
    b'"text"',
    b"NaN",
    b'{"a": 1, "a": 2}',
    b'{"unknown": true}',
    b'{"text": "\\ud800"}',
    b'{"text": "\\u0000"}',
    b'{"text": ' + b"9" * 5000 + b"}",
    b'{"text": 1e999}',
    b'{"text": "' + b"x" * 30_000 + b'"}',
    b"[" * 20_000,
    b'{"text":' * 5000,
    b"{" + b",".join(b'"k%d":1' % at for at in range(50_000)) + b"}",
    b"\xef\xbb\xbf{}",
]


@pytest.mark.parametrize("one", [one for one in ROUTES if body_of(one[1]) is not None], ids=named)
def test_no_malformed_body_gets_further_than_a_clear_refusal(one: tuple[str, APIRoute]) -> None:
    body = body_of(one[1])
    assert body is not None
    for sent in BAD:
        headers = WORLD.headers(**{"Content-Type": body.media_type, "X-Persona-Secret": "wrong"})
        answer = WORLD.client.request(one[0], filled(one[1]), headers=headers, content=sent)
        assert 400 <= answer.status_code < 500, (sent[:40], answer.text)
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("one", [one for one in ROUTES if body_of(one[1]) is not None], ids=named)
def test_another_media_type_is_refused(one: tuple[str, APIRoute]) -> None:
    for media_type in (
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
        "",
    ):
        headers = WORLD.headers(**{"Content-Type": media_type})
        answer = WORLD.client.request(one[0], filled(one[1]), headers=headers, content=b"{}")
        assert answer.status_code == 415


@pytest.mark.parametrize("one", SIGNED_IN, ids=named)
def test_an_identifier_that_can_not_be_one_reads_as_an_unknown_one(one: tuple[str, APIRoute]) -> None:
    if "{" not in one[1].path:
        return
    for bad in ("%00", "..%2f..%2fetc", "a%0d%0ab", "x" * 2000, "%2e%2e", "-", "a b", "ä", "'; --"):
        path = re.sub(r"\{[^}]+\}", bad, one[1].path)
        body = body_of(one[1])
        headers = WORLD.headers(**({"Content-Type": body.media_type} if body else {}))
        answer = WORLD.client.request(one[0], path, headers=headers, content=b"{}" if body else None)
        assert 400 <= answer.status_code < 500


def test_a_body_where_none_is_taken_is_refused() -> None:
    answer = WORLD.post("/v1/requests/req-1/withdraw", {"a": 1})
    assert (answer.status_code, answer.json()["detail"]) == (400, "this call takes no body")


def test_pages_have_a_limit() -> None:
    for limit in ("0", "201", "-1", "x", "1e3", "99999999999999999999"):
        answer = WORLD.get(f"/v1/datasets?limit={limit}")
        assert (answer.status_code, answer.json()["type"]) == (400, "urn:spe:problem:malformed")


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"])
def test_other_methods_hear_which_there_are(method: str) -> None:
    answer = WORLD.client.request(method, "/v1/requests/req-1", headers=WORLD.headers())
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")


def test_an_unknown_path_is_a_problem_too() -> None:
    for path in ("/", "/v1", "/v1/requests/", "/v1//requests", "/docs", "/v1/requests/a/b/c/d"):
        answer = WORLD.get(path)
        assert (answer.status_code, answer.json()["type"]) == (404, "urn:spe:problem:not-found")


def test_too_many_header_fields_are_refused() -> None:
    headers = {f"X-{at}": "1" for at in range(200)}
    assert WORLD.client.get("/healthz", headers=headers).status_code == 431


def test_every_answer_leaves_a_browser_nothing_to_do() -> None:
    for path in ("/healthz", "/nowhere", "/v1/requests/req-1", "/openapi.json"):
        headers = WORLD.client.get(path).headers
        assert (headers["x-content-type-options"], headers["cache-control"]) == ("nosniff", "no-store")
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert re.fullmatch("[0-9a-f]{16}", headers["x-correlation-id"])
