from __future__ import annotations

from typing import Any

import pytest
from starlette.requests import ClientDisconnect

from spe.audit.change import Entry
from spe.audit.events.call import CallAnswered, PublicCalls
from spe.audit.events.model import catalogue
from spe.audit.events.record import UnauthenticatedRefused
from spe.web.app import api_routes, refuse_undeclared
from spe.web.leaves import FIELD, counted, declared, leaves
from tests.shape.event_pages import events
from tests.unit.web.served import BASE, World


def left(world: World, before: int = 0) -> list[Any]:
    return [entry.event for entry in world.store.log[before:]]


def test_every_route_says_what_it_leaves_in_the_closed_catalogue_and_the_document_shows_it() -> None:
    world = World()
    events()
    document = world.client.get("/openapi.json").json()
    for route in api_routes(world.app):
        assert declared(route)
        assert declared(route) <= set(catalogue())
        for method in (route.methods or ()) if route.include_in_schema else ():
            assert document["paths"][route.path_format][method.lower()][FIELD] == route.openapi_extra[FIELD]  # type: ignore[index]


@pytest.mark.parametrize("extra", [None, {}, leaves()], ids=["nothing", "no events", "an unsigned call"])
def test_a_route_that_does_not_say_what_it_leaves_is_not_served(extra: dict[str, Any] | None) -> None:
    world = World()
    refuse_undeclared(world.app)
    world.app.add_api_route("/v1/new", lambda: {"secret": "told to anybody"}, openapi_extra=extra)
    with pytest.raises(TypeError, match="/v1/new"):
        refuse_undeclared(world.app)


def test_a_route_for_people_who_signed_in_can_not_pass_as_one_for_anybody() -> None:
    world = World()
    signed_in = next(route for route in api_routes(world.app) if route.path == "/v1/requests/{id}")
    before, signed_in.openapi_extra = signed_in.openapi_extra, counted()
    try:
        with pytest.raises(TypeError, match=r"/v1/requests/\{id\}"):
            refuse_undeclared(world.app)
    finally:
        signed_in.openapi_extra = before


def test_calls_of_anybody_are_one_entry_a_minute_by_route() -> None:
    world = World()
    minute = int(world.clock.now().timestamp()) // 60
    for _ in range(30):
        world.client.get("/v1/log/head")
        world.client.get("/healthz")
        world.client.get("/../../etc/passwd")
    assert left(world) == []
    world.clock.go_on(60)
    world.client.get("/v1/keys")
    assert left(world) == [PublicCalls(minute, ("", "/healthz", "/v1/log/head"), (30, 30, 30))]


def test_counts_of_anybody_survive_a_log_that_can_not_be_written() -> None:
    world = World()
    world.store.broken = True
    for _ in range(3):
        assert world.client.get("/healthz").status_code == 200
        world.clock.go_on(61)
    world.store.broken = False
    world.refusals.flush()
    assert [event.counts for event in left(world)] == [(3,)]


@pytest.mark.parametrize(
    ("method", "path", "status", "route"),
    [("GET", "/v1/nothing/of/anna.ricci", 404, ""), ("PUT", "/v1/requests/req-1", 405, "/v1/requests/{id}")],
)
def test_a_call_that_no_route_takes_is_in_the_log_of_whoever_signed_in(
    method: str, path: str, status: int, route: str
) -> None:
    world = World()
    answer = world.client.request(method, path, headers=world.headers("ruth.keller"))
    (entry,) = world.store.log
    assert (entry.who.id, answer.status_code) == ("ruth.keller", status)
    assert isinstance(entry.event, CallAnswered)
    assert (entry.event.route, entry.event.status) == (route, status)
    assert entry.event.correlation == answer.headers["x-correlation-id"]


def test_a_token_that_does_not_hold_names_nobody_where_no_route_takes_the_call() -> None:
    world = World()
    world.client.get("/v1/nothing", headers={"Authorization": "Bearer a.b.c"})
    world.refusals.flush()
    assert {type(event) for event in left(world)} == {UnauthenticatedRefused, PublicCalls}


def test_calls_with_too_many_header_fields_are_counted() -> None:
    world = World()
    world.client.get("/v1/keys", headers={f"X-{at}": "1" for at in range(100)})
    world.refusals.flush()
    assert [type(event) for event in left(world)] == [UnauthenticatedRefused]


def test_who_hangs_up_in_the_middle_of_a_call_is_in_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()

    def gone(*_: object) -> object:
        raise ClientDisconnect

    monkeypatch.setattr(type(world.app.state.edge.desks.requests), "withdraw", gone)
    world.client = type(world.client)(world.app, base_url=BASE, raise_server_exceptions=False)
    world.post("/v1/requests/req-1/withdraw")
    (entry,) = world.store.log
    assert isinstance(entry, Entry)
    assert isinstance(entry.event, CallAnswered)
    assert (entry.event.status, entry.event.problem) == (499, "disconnected")
