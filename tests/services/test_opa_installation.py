"""A whole installation that asks a real OPA server: ready only while it decides, and everything that people do goes as ever."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders import CHECKOUT
from tests.services.opa_bundles import bundle_of, make_bundles
from tests.services.opa_server import opa_server
from tests.services.started import free_port
from tests.world import Refused, World, open_world

pytestmark = [pytest.mark.services, pytest.mark.timeout(600)]


def ready(world: World) -> tuple[int, str]:
    answer = world.http.get("/readyz")
    return answer.status_code, answer.json()["parts"]["policy"]


def test_it_is_ready_only_while_the_server_decides_by_the_bundle_in_force(tmp_path: Path) -> None:
    bundles = make_bundles(tmp_path)
    bundles.write(bundle_of())
    port = free_port()
    with open_world(
        tmp_path / "home", policy_point="opa", policy_url=f"http://127.0.0.1:{port}", policy_milliseconds=1500
    ) as world:
        assert ready(world)[0] == 503
        assert _asks(world) == 503
        with opa_server(tmp_path, *bundles.flags(), port=port):
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


def test_every_story_goes_as_it_does_with_the_embedded_engine(tmp_path: Path) -> None:
    bundles = make_bundles(tmp_path)
    bundles.write(bundle_of())
    with opa_server(tmp_path, *bundles.flags()) as server:
        env = {
            **os.environ,
            "SPE_POLICY_POINT": "opa",
            "SPE_POLICY_URL": f"http://127.0.0.1:{server.port}",
        }
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/stories"],
            cwd=CHECKOUT, env=env, capture_output=True, text=True, check=False, timeout=550,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:]
