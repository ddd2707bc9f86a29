"""A whole installation that asks a real OPA server: ready only while it decides, and everything that people do goes as ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cast import Cast
from tests.services.opa_server import OpaServer, deciding_server, opa_server
from tests.services.started import free_port
from tests.stories import test_expiry as expiry
from tests.world import Refused, World, open_world

pytestmark = [pytest.mark.services, pytest.mark.timeout(600)]


def ready(world: World) -> tuple[int, str]:
    answer = world.http.get("/readyz")
    return answer.status_code, answer.json()["parts"]["policy"]


def test_it_is_ready_only_while_the_server_decides_by_the_bundle_in_force(tmp_path: Path) -> None:
    port = free_port()
    away = OpaServer(port, pid=0)
    with open_world(tmp_path / "home", policy_milliseconds=1500, **away.settings()) as world:
        assert ready(world)[0] == 503
        assert _asks(world) == 503
        with deciding_server(tmp_path, port=port):
            assert ready(world) == (200, "ok")
            assert _asks(world) == 200
        with opa_server(tmp_path, port=port):
            assert ready(world)[0] == 503
            assert _asks(world) >= 400
        assert ready(world)[0] == 503


def _asks(world: World) -> int:
    """Return what the auditor gets who asks for the timeline."""

    try:
        world.call("ruth.keller", "GET", "/log/timeline")
    except Refused as refusal:
        return refusal.status
    return 200


def test_a_permit_that_runs_out_is_found_out_at_every_gate(tmp_path: Path) -> None:
    with (
        deciding_server(tmp_path) as server,
        open_world(tmp_path / "home", policy_milliseconds=20_000, **server.settings()) as world,
    ):
        expiry.test_from_its_last_second_on_every_gate_refuses_without_any_timer(Cast(world), tmp_path)
