"""A demo's real server on loopback, with something in every queue, and a browser to look at it with."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from tests.builders import GRADE_TABLE, MILANO, THERAPY_TABLE, application, patients, project
from tests.cast import Cast
from tests.shape.tree import ROOT
from tests.world import World, open_world

_PATIENCE = 20.0


@dataclass(frozen=True, slots=True)
class Site:
    """Where the server is, what lets a persona in, and what waits there by short names."""

    url: str
    secret: str
    world: World
    ids: dict[str, str]

    def link(self, who: str, path: str = "/") -> str:
        """Return the link by which the demo lets `who` in."""
        return f"{self.url}/sign-in?secret={self.secret}&as={who}&next={path}"


@contextmanager
def open_site(home: Path) -> Iterator[Site]:
    """Open a world, fill its queues and serve it."""
    with open_world(home, assets=ROOT / "var" / "assets") as world, _serving(world) as url:
        secret = (world.home / "persona-secret").read_text().strip()
        yield Site(url, secret, world, _filled(Cast(world)))


def _filled(cast: Cast) -> dict[str, str]:
    """Let a case wait, one be half decided, and outputs wait for checkers, one of them stopped by the machine."""
    tables = cast.given_data(patients())
    permit = cast.given_permit(*tables)
    cast.researcher.opens(permit, MILANO)
    code = cast.given_code(permit, project(THERAPY_TABLE, GRADE_TABLE))
    outputs = cast.given_run(permit, code)
    cast.researcher.brings(outputs["therapy"]["id"])
    cast.researcher.brings(outputs["grade"]["id"], "Few cells; nobody is known.")
    waiting = cast.researcher.submits(application(*tables, title="Waits for the committee"))
    decided = cast.researcher.submits(application(*tables, title="Has its opinions"))
    cast.committee.opines(decided)
    return {
        "permit": permit,
        "case": waiting,
        "half": decided,
        "clean": outputs["therapy"]["id"],
        "stopped": outputs["grade"]["id"],
    }


@contextmanager
def _serving(world: World) -> Iterator[str]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port = int(listening.getsockname()[1])
        server = uvicorn.Server(
            uvicorn.Config(world.app, log_level="warning", access_log=False, lifespan="off", ws="none")
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        end = time.monotonic() + _PATIENCE
        while not server.started and time.monotonic() < end:
            time.sleep(0.02)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.should_exit = True
            thread.join(_PATIENCE)
