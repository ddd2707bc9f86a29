"""A server that was left running over a change of the checkpoint key: it says so, holds nothing to the old key, and ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from spe.adapters.database.engine import open_database
from spe.adapters.database.log import DatabaseLog
from spe.audit.cover import HeldCover
from spe.crypto.signing import StatementKind
from spe.demo.home import Home as Demo
from spe.errors import IntegrityFailure
from spe.web.main import probes
from spe.wiring.home import Home
from spe.wiring.installation import open_installation
from spe.wiring.keys import HeldKey, KeyChanged
from spe.worker.main import opened as working
from spe.worker.rotation import rotate
from tests.builders import CHECKOUT
from tests.world import open_world

_ENDS = 90.0


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Demo]:
    monkeypatch.setenv("PYTHONPATH", str(CHECKOUT))
    made = Demo(tmp_path / "demo", port=0)
    try:
        made.start()
        yield made
    finally:
        made.stop()


def ended(process: subprocess.Popen[bytes]) -> int:
    process.send_signal(signal.SIGTERM)
    return process.wait(_ENDS)


def spe(demo: Demo, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **demo.environment}
    line = [sys.executable, "-m", "spe.cli.main", *words]
    return subprocess.run(line, env=environment, capture_output=True, text=True, check=False, timeout=60)


def entries(demo: Demo) -> list[dict[str, Any]]:
    engine = open_database(f"sqlite:///{demo.home}/spe.db")
    try:
        return [json.loads(raw) for _, raw in DatabaseLog(engine).entries()]
    finally:
        engine.dispose()


def wait_for(demo: Demo, type_: str, kind: str) -> None:
    end = time.monotonic() + _ENDS
    while not any((one["type"], one["data"].get("kind")) == (type_, kind) for one in entries(demo)):
        assert time.monotonic() < end, demo.log("worker")
        time.sleep(0.05)


@pytest.mark.timeout(300)
def test_a_server_left_running_over_a_change_of_the_key_ends_and_a_new_start_goes_on(demo: Demo) -> None:
    server, worker = demo.processes["serve"], demo.processes.pop("worker")
    wait_for(demo, "process.started", "worker")
    assert ended(worker) == 0
    done = spe(demo, "audit", "rotate-key", "--json")
    assert done.returncode == 0, done.stderr
    assert server.wait(_ENDS) == 13
    assert "start this process anew" in demo.log("serve")
    told = [entry["type"] for entry in entries(demo)]
    assert "audit.key_rotated" in told
    assert told[-1] == "process.stopped"
    with started(demo) as again:
        with urllib.request.urlopen(f"{demo.url}/v1/keys", timeout=10) as answer:
            keys = json.load(answer)
        assert keys["checkpoint"] == json.loads(done.stdout)["new"]
        assert ended(again) == 0
    assert entries(demo)[-1]["type"] == "process.stopped"


@contextmanager
def started(demo: Demo) -> Iterator[subprocess.Popen[bytes]]:
    demo.processes.clear()
    demo._start("serve", "serve", "--demo")
    demo._wait_ready()
    yield demo.processes["serve"]


def test_what_the_new_key_signed_reads_as_another_key_and_not_as_a_forged_log(tmp_path: Path) -> None:
    with open_world(tmp_path / "home") as world:
        settings, clock = world.settings, world.clock
    left = open_installation(settings, clock)
    try:
        assert isinstance(left.cover, HeldCover)
        probes(left)["keys"]()
        rotate(settings, clock)
        with working(settings, clock) as worker:
            worker.signing.now()
            with pytest.raises(KeyChanged):
                left.cover.cover()
            with pytest.raises(KeyChanged):
                left.cover.cover(witnessed=True)
            with pytest.raises(KeyChanged):
                probes(left)["keys"]()
    finally:
        left.close()


def test_a_forged_checkpoint_stays_an_integrity_failure(tmp_path: Path) -> None:
    with open_world(tmp_path / "home") as world:
        settings, clock = world.settings, world.clock
    left = open_installation(settings, clock)
    try:
        size = left.log.head().size
        engine = left.engine
        with engine.begin() as connection:
            connection.exec_driver_sql("UPDATE log_checkpoint SET note = replace(note, 'spe', 'spa')")
            connection.exec_driver_sql("UPDATE log_head SET size = (SELECT max(size) FROM log_checkpoint)")
        assert size > 0
        with pytest.raises(IntegrityFailure):
            left.cover.cover()
    finally:
        with suppress(IntegrityFailure):
            left.close()


class Marks:
    """A log of which only its mark of keys is asked."""

    def __init__(self, mark: str | None) -> None:
        self._mark = mark

    def mark(self, name: str) -> str | None:
        return self._mark if name == "keys" else None


@pytest.mark.parametrize("mark", [None, "", "x", "a/checkpoint+", " ", "checkpoint+00000000"])
def test_a_log_that_knows_no_such_key_is_none_that_is_held(tmp_path: Path, mark: str | None) -> None:
    home = Home(tmp_path / "home")
    with home.alone():
        home.make("test.example/log")
    key = home.signing.public(StatementKind.CHECKPOINT)
    HeldKey(Marks(f"{key.name}+{key.key_id}"), key).check()  # type: ignore[arg-type]
    with pytest.raises(KeyChanged):
        HeldKey(Marks(mark), key).check()  # type: ignore[arg-type]
