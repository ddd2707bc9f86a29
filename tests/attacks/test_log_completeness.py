"""Nobody who signed in gets an answer of which the log knows nothing: every route, for every role, however the call goes.

Asked are all routes of the API, as every persona and as strangers, with identifiers that are there and that are not, with
the body that the route takes, with one that can't be read, and without any.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from spe.adapters.personas import PERSONAS
from spe.adapters.policy_point import PolicyPoint, embedded_point
from spe.audit.change import Entry
from spe.audit.events.model import catalogue
from spe.web.app import api_routes
from spe.web.openapi import is_signed_in
from tests.attacks.test_api_roles import STRANGERS, call, named, path_of, peopled
from tests.unit.web.served import BASE, World

ROUTES = [
    (method, route)
    for route in api_routes(World().app)
    for method in sorted(route.methods or ())
    if is_signed_in(route)
]
HOSTILE = (b"{", b'{"a": 1}', b"\xff\xfe", b"[" * 100, b"")


@pytest.fixture(scope="module")
def policy() -> Iterator[PolicyPoint]:
    point = embedded_point()
    yield point
    point.close()


@pytest.fixture(scope="module")
def world(policy: PolicyPoint) -> World:
    made = peopled(policy)
    made.client = type(made.client)(made.app, base_url=BASE, raise_server_exceptions=False)
    return made


def fresh(world: World, before: int) -> list[Entry]:
    return world.store.log[before:]


@pytest.mark.parametrize("one", ROUTES, ids=named)
def test_every_call_of_every_role_leaves_an_entry_of_a_known_type_in_its_name(
    world: World, one: tuple[str, Any]
) -> None:
    for persona in (*PERSONAS, *STRANGERS):
        for known in (True, False):
            world.clock.go_on(60)  # a look at one's own token is an entry once a minute
            before = len(world.store.log)
            answer = call(world, one[0], one[1], persona.id, known=known)
            left = fresh(world, before)
            assert left, f"{answer.status_code} {answer.text[:200]} for {persona.id}"
            assert {entry.event.type for entry in left} <= set(catalogue())
            assert {str(entry.who.id) for entry in left} <= {persona.id, "api"}
            assert any(str(entry.who.id) == persona.id for entry in left)


@pytest.mark.parametrize("one", [one for one in ROUTES if one[0] == "POST"], ids=named)
def test_a_call_that_cant_be_read_is_in_the_log_by_its_route_and_not_by_its_words(
    world: World, one: tuple[str, Any]
) -> None:
    for body in HOSTILE:
        for kind in ("application/json", "text/csv", "x/secret-word"):
            before = len(world.store.log)
            headers = {**world.headers("anna.ricci"), "Content-Type": kind}
            path = path_of(one[1].path, known=False)
            answer = world.client.post(path, content=body, headers=headers)
            left = fresh(world, before)
            assert left, f"{answer.status_code} {answer.text[:200]}"
            for entry in left:
                if entry.event.type == "api.answered":
                    assert entry.event.route == one[1].path  # type: ignore[attr-defined]
                    assert entry.event.status == answer.status_code  # type: ignore[attr-defined]
                    assert "secret-word" not in repr(entry.event)


def test_a_call_that_breaks_is_in_the_log(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> object:
        raise ZeroDivisionError

    monkeypatch.setattr(type(world.app.state.edge.desks.requests), "show", broken)
    before = len(world.store.log)
    assert world.get("/v1/requests/req-1").status_code == 500
    assert [(one.event.type, getattr(one.event, "status", 0)) for one in fresh(world, before)] == [
        ("api.answered", 500)
    ]


def test_where_the_log_cant_be_written_nothing_is_answered(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        type(world.app.state.edge.desks.requests), "show", lambda *_: {"secret": "what nobody may see"}
    )
    assert world.get("/v1/requests/req-1").json() == {"secret": "what nobody may see"}
    world.store.broken = True
    try:
        answer = world.get("/v1/requests/req-1")
    finally:
        world.store.broken = False
    assert answer.status_code == 503
    assert "secret" not in answer.text


def test_ten_thousand_calls_of_nobody_leave_one_entry_a_minute(world: World) -> None:
    before = len(world.store.log)
    for at in range(10_000):
        world.refusals.count()
        if at % 2_500 == 0:
            world.clock.go_on(61)
    world.refusals.flush()
    assert len(fresh(world, before)) <= 5
    assert sum(one.event.count for one in fresh(world, before)) == 10_000  # type: ignore[attr-defined]
