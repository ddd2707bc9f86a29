"""A call that comes again, at once, late, or because its answer was lost, has one effect, and one answer."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from spe.oversight.model import Hold
from spe.request.model import AccessRequest
from spe.web.app import api_routes, page_routes
from spe.web.openapi import dependencies, is_write
from spe.web.portal.forms import Sender
from tests.builders import application, patients
from tests.cast import Cast
from tests.unit.web.served import World as Served
from tests.world import World, open_world

EFFECTLESS = {"/v1/requests/preflight", "/demo/token"}
"""What posts and keeps nothing: a draft is judged, a token is made; each is an entry, each time."""
SIGNING_IN = {"/sign-in", "/sign-in/again"}
AT_ONCE = 4


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with open_world(tmp_path_factory.mktemp("repeated") / "home") as opened:
        yield opened


def test_every_route_that_writes_takes_a_key() -> None:
    app = Served(with_pages=True).app
    for route in api_routes(app):
        assert (route.methods == {"GET"}) != (is_write(route) or route.path in EFFECTLESS), route.path
    for page in page_routes(app):
        if page.methods != {"GET"} and page.path not in SIGNING_IN:
            assert Sender in dependencies(page.dependant), page.path


def sent(world: World, who: str, path: str, body: Any, key: str) -> tuple[int, bytes]:
    headers = {"Authorization": f"Bearer {world._token(who)}", "Idempotency-Key": key}
    answer = world.http.post(path, json=body, headers=headers)
    return answer.status_code, answer.content


def repeated(world: World, rounds: int) -> str:
    """Send each call several times at once, and count what came of them."""
    world.watched, before = None, count(world, Hold)
    world._token("ruth.keller")
    answers = set()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for at in range(rounds):
            body = {"about": f"thing {at}", "reason": "a claim"}
            calls = [
                pool.submit(sent, world, "ruth.keller", "/v1/holds", body, f"round-{at:09}")
                for _ in range(AT_ONCE)
            ]
            heard = {one.result() for one in calls}
            assert len(heard) == 1
            assert {status for status, _ in heard} == {201}
            answers |= heard
            if at % 500 == 499:
                world.clock.go_on(60)
                world._token("ruth.keller")
    assert len(answers) == rounds
    assert count(world, Hold) - before == rounds
    return f"I4 {rounds * AT_ONCE} calls, each {AT_ONCE} times at once: {count(world, Hold) - before - rounds} effects too many"


def count(world: World, kind: type[Any]) -> int:
    return sum(1 for _ in world.app.state.edge.desks.holds.pep.records.each(kind))


def test_what_is_sent_several_times_at_once_is_done_once(world: World) -> None:
    repeated(world, 15)


@pytest.mark.soak
def test_of_100000_repeated_calls_none_is_done_twice(world: World) -> None:
    print(repeated(world, 100_000 // AT_ONCE))


def test_a_request_whose_answer_was_lost_is_submitted_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = Cast(world)
    cast.given_data(patients())
    draft = application(patients())
    with monkeypatch.context() as broken:
        broken.setattr("spe.web.calls.JSONResponse", lost)
        assert sent(world, "anna.ricci", "/v1/requests", draft, "submit-0001")[0] == 500
    first = sent(world, "anna.ricci", "/v1/requests", draft, "submit-0001")
    assert first[0] == 201
    assert count(world, AccessRequest) == 1
    request = next(iter(world.app.state.edge.desks.holds.pep.records.each(AccessRequest))).value
    cast.researcher.world.call("anna.ricci", "POST", f"/requests/{request.id}/withdraw")
    assert sent(world, "anna.ricci", "/v1/requests", draft, "submit-0001") == first, "late, after other acts"
    assert count(world, AccessRequest) == 1
    other = sent(world, "anna.ricci", "/v1/requests", {**draft, "title": "Another"}, "submit-0001")
    assert (other[0], b"key-reused" in other[1]) == (422, True)
    theirs = sent(world, "jonas.weber", "/v1/requests", draft, "submit-0001")
    assert theirs != first, "a key is its sender's"


def lost(*_: object, **__: object) -> object:
    raise ConnectionResetError


def test_a_refused_call_may_be_sent_again_and_then_be_done(world: World) -> None:
    body = {"about": "log", "reason": "a claim"}
    assert sent(world, "anna.ricci", "/v1/holds", body, "again-0001")[0] == 403
    assert sent(world, "anna.ricci", "/v1/holds", body, "again-0001")[0] == 403
    before = count(world, Hold)
    assert sent(world, "ruth.keller", "/v1/holds", body, "again-0001")[0] == 201
    assert count(world, Hold) == before + 1


def test_the_worker_may_be_told_a_fact_again(tmp_path: Path) -> None:
    """Reactions are repeatable: ticking on changes no record once everything is done."""
    with open_world(tmp_path / "home") as world:
        cast = Cast(world)
        cast.given_data(patients())
        world.tick(3)
        assert world.watched is not None
        before = len([put for change in world.watched.changes for put in change.puts])
        world.tick(5)
        assert len([put for change in world.watched.changes for put in change.puts]) == before
