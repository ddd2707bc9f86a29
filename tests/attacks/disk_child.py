"""A disk that is full, without inodes, or read-only, for real: `unshare -Urm python -m tests.attacks.disk_child WHAT FOLDER`.

In a mount namespace of its own, which nobody else sees and of which nothing is left, `FOLDER` becomes a small tmpfs with the
installation on it. The server runs as its own does, over a socket of loopback. Prints what was seen as JSON.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any, cast

import httpx2

from spe.adapters.database.engine import open_database
from spe.adapters.database.log import DatabaseLog
from spe.adapters.database.snapshot import snapshot
from spe.settings import Settings
from spe.web import main as server
from spe.worker.loop import Worker
from tests.attacks.hang_child import served
from tests.attacks.kill_check import head_fits
from tests.attacks.kill_child import Elsewhere
from tests.builders import BERLIN, CHECKOUT, MADRID, Table, application, patients
from tests.cast import Cast
from tests.fakes import FixedClock
from tests.voices import Holder
from tests.world import Refused, World, settings_for

_READ = ("/healthz", "/v1/keys", "/v1/log/head")


def mount(folder: Path, options: str) -> None:
    line = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    subprocess.run(line, check=True, capture_output=True)


@contextmanager
def opened(settings: Settings) -> Iterator[tuple[World, Cast]]:
    """Serve an installation, and speak to it over the network."""
    clock = FixedClock()
    with (
        server.opened(settings, clock) as app,
        served(app) as address,
        httpx2.Client(base_url=address, timeout=60) as http,
    ):
        world = World(settings, clock, app, cast(Any, http), cast(Worker, Elsewhere()))
        yield world, Cast(world)


def answer(act: Callable[[], object]) -> int:
    """Return the status that the API answers with."""
    try:
        act()
    except Refused as refused:
        return refused.status
    return 200


def filled(folder: Path, *, inodes: bool) -> list[Path]:
    """Take all the room, or all the inodes, that there is left; return the files that hold it."""
    taken: list[Path] = []
    with suppress(OSError):
        for number in count():
            taken.append(folder / f"filler-{number}")
            with taken[-1].open("wb", buffering=0) as file:
                while not inodes and file.write(b"x" * 4096):
                    pass
    return taken


def lacking(folder: Path, *, inodes: bool) -> dict[str, Any]:
    """Ask for effects while there is no room, or are no inodes; say which happened, and what the log says of them."""
    settings = settings_for(folder / "home")
    with opened(settings) as (world, cast_):
        table, others = patients(), [patients(BERLIN), patients(MADRID)]
        cast_.given_data(table)
        for person in (cast_.researcher.id, *(one.site.persona for one in others)):
            world._token(person)
        fillers = filled(folder, inodes=inodes)
        heard = {
            "submit": [answer(lambda: cast_.researcher.submits(application(table))) for _ in range(40)],
            "deliver": [answer(lambda one=one: _delivers(world, one)) for one in others],  # type: ignore[misc]
            "read": [world.http.get(path).status_code for path in _READ],
        }
        seen, start = _state(settings), _ends(settings, "worker") if not inodes else None
        for path in fillers:
            path.unlink(missing_ok=True)
        later = {
            "submit": answer(lambda: cast_.researcher.submits(application(table))),
            "deliver": [answer(lambda one=one: _delivers(world, one)) for one in others],  # type: ignore[misc]
        }
    return {
        **heard,
        "fillers": len(fillers),
        "state": seen,
        "start": start,
        "later": later,
        "after": _state(settings),
    }


def _delivers(world: World, table: Table) -> None:
    holder = Holder(world, table.site.persona)
    with suppress(Refused):
        holder.post("/datasets", **table.entry())
    holder.send(f"/datasets/{table.id}/data", table.csv())


def _state(settings: Settings) -> dict[str, Any]:
    """Return how many records there are, how many entries say so, and how many sealed objects and parts of them."""
    engine = open_database(settings.database)
    log = DatabaseLog(engine)
    types = [json.loads(raw)["type"] for _, raw in log.entries()]
    with engine.connect() as connection:
        requests = connection.exec_driver_sql("SELECT count(*) FROM access_request").scalar_one()
        delivered = connection.exec_driver_sql(
            "SELECT count(*) FROM dataset WHERE status = 'available'"
        ).scalar_one()
    fits = head_fits(log)
    engine.dispose()
    return {
        "requests": [requests, types.count("request.submitted")],
        "deliveries": [delivered, types.count("catalogue.delivered")],
        "parts": len(list((settings.home / "objects").glob(".*"))),
        "head fits": fits,
    }


def full(folder: Path) -> dict[str, Any]:
    """Leave no room."""
    mount(folder, "size=24m")
    return lacking(folder, inodes=False)


def inodes(folder: Path) -> dict[str, Any]:
    """Leave no inode."""
    mount(folder, "size=64m,nr_inodes=400")
    return lacking(folder, inodes=True)


def read_only(folder: Path) -> dict[str, Any]:
    """Start everything on a disk that can't be written, over what a killed server left there."""
    mount(folder, "size=64m")
    settings = settings_for(folder / "home")
    pid = os.fork()
    if pid == 0:
        with opened(settings) as (_, cast_):
            cast_.given_data(patients())
            os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)
    before = _sizes(folder)
    # The mount itself, not the file system in it: to remount that, options are asked for that only root of the machine may give.
    subprocess.run(["mount", "-o", "remount,bind,ro", str(folder)], check=True, capture_output=True)
    with snapshot(settings.database) as stored:
        read = sum(1 for _ in stored.entries())
    return {
        "serve": _ends(settings, "serve", "--demo"),
        "worker": _ends(settings, "worker"),
        "logged": _ends(settings, "audit", "reconcile"),
        "reconcile": _ends(settings, "audit", "reconcile", "--read-only"),
        "read": read,
        "same": before == _sizes(folder),
    }


def _ends(settings: Settings, *words: str) -> tuple[int, str]:
    """Return the exit code of a command on this installation, and what it told people."""
    environment = {**os.environ, "SPE_HOME": str(settings.home), "SPE_DEMO": "true"}
    line = [sys.executable, "-m", "spe.cli.main", *words]
    done = subprocess.run(
        line, cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=100, check=False
    )
    return done.returncode, done.stderr[-2000:]


def _sizes(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_size for path in sorted(folder.rglob("*")) if path.is_file()}


if __name__ == "__main__":
    print(
        json.dumps({"full": full, "inodes": inodes, "read-only": read_only}[sys.argv[1]](Path(sys.argv[2])))
    )
