from __future__ import annotations

from dataclasses import replace
from typing import cast

from spe.audit.events.call import CallAnswered, OwnDataShown, OwnDataShownAgain
from spe.web.desks import Desks
from tests.unit.web.served import Nothing, World

ME = "/v1/me"


def left(world: World) -> list[tuple[str, object]]:
    return [(str(entry.who.id), entry.event) for entry in world.store.log]


def test_people_hear_what_their_token_says_and_where_what_waits_for_them_is_read() -> None:
    world = World()
    told = world.get(ME, "elena.russo").json()
    assert (told["id"], told["organisation"]) == ("elena.russo", told["organisation"])
    assert "chair" in told["roles"]
    assert told["queues"] == ["/v1/cases"]
    assert world.get(ME, "ruth.keller").json()["queues"] == ["/v1/log/timeline"]
    assert world.get(ME, "anna.ricci").json()["queues"] == []
    assert told["trained_until"] > 0


def test_the_first_look_of_a_minute_is_an_entry_and_the_others_are_told_when_it_is_over() -> None:
    world = World()
    minute = int(world.clock.now().timestamp()) // 60
    for _ in range(5):
        assert world.get(ME).status_code == 200
    assert world.get(ME, "ruth.keller").status_code == 200
    assert left(world) == [("anna.ricci", OwnDataShown()), ("ruth.keller", OwnDataShown())]
    world.clock.go_on(60)
    world.get(ME)
    assert left(world)[2:] == [
        ("anna.ricci", OwnDataShownAgain(minute, 4)),
        ("anna.ricci", OwnDataShown()),
    ]


def test_who_is_not_in_the_log_is_shown_nothing_and_counts_are_kept() -> None:
    world = World()
    world.get(ME)
    world.get(ME)
    world.store.broken = True
    refused = world.get(ME, "ruth.keller")
    assert (refused.status_code, "auditor" in refused.text) == (503, False)
    world.clock.go_on(60)
    assert world.get(ME).status_code == 503
    world.store.broken = False
    assert world.get(ME).status_code == 200
    counts = [event.count for _, event in left(world) if isinstance(event, OwnDataShownAgain)]
    assert counts == [1]


def test_no_desk_is_asked_for_it() -> None:
    world = World()
    before = world.get(ME).json()
    world.app.state.edge = replace(world.app.state.edge, desks=cast("Desks", Nothing()))
    assert world.get(ME).json() == before


def test_a_token_that_was_ended_is_not_remembered() -> None:
    world = World()
    headers = world.headers("anna.ricci")
    assert world.client.get(ME, headers=headers).status_code == 200
    assert world.verifier.remembered(headers["Authorization"].partition(" ")[2]) is not None
    world.verifier.end(subject="anna.ricci")
    assert world.client.get(ME, headers=headers).status_code == 401
    world.clock.go_on(61)
    assert world.client.get(ME, headers=headers).status_code == 401


def test_nobody_is_told_nothing() -> None:
    world = World()
    for headers in (
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer a.b.c"},
        {"Authorization": "Basic x"},
    ):
        assert world.client.get(ME, headers=headers).status_code == 401
    assert left(world) == []


def test_a_method_that_is_none_of_it_is_in_the_log_as_any_call() -> None:
    world = World()
    world.get(ME)
    assert world.client.put(ME, headers=world.headers()).status_code == 405
    assert isinstance(left(world)[-1][1], CallAnswered)
