"""The decision point at a real OPA server with our signed bundle."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from spe.adapters.policy_point import PolicyPoint
from spe.settings import Settings
from spe.wiring.policies import decision_point
from tests.builders import CHECKOUT
from tests.services.opa_server import deciding_server

SETTINGS = replace(Settings(), policies=CHECKOUT / "policies", policy_point="opa", policy_milliseconds=20_000)


def settings_at(port: int) -> Settings:
    """Return settings that choose the server at `port`."""
    return replace(SETTINGS, policy_url=f"http://127.0.0.1:{port}")


@contextmanager
def served_point(folder: Path) -> Iterator[PolicyPoint]:
    """Return a decision point on a server of its own, with the bundle of our policies; its files are in `folder`."""
    with deciding_server(folder) as server:
        point = decision_point(settings_at(server.port))
        try:
            yield point
        finally:
            point.close()
