"""The log hangs while people call: `python -m tests.attacks.hang_child FOLDER SECONDS CALLERS`. Prints what they heard as JSON.

Somebody else holds the database's write lock for so long. The server runs as its own does, over a socket of loopback.
"""

from __future__ import annotations

import json
import sqlite3
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import httpx2
import uvicorn
from fastapi import FastAPI

from spe.adapters.database.engine import open_database
from spe.settings import Settings
from spe.web import main as server
from tests.attacks.kill_check import read_database
from tests.builders import application, patients
from tests.fakes import FixedClock
from tests.world import settings_for

_AS_SHIPPED = Settings().log_milliseconds
_DRAFT = application(patients())
_READ = ("/healthz", "/v1/keys", "/v1/log/head")


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """Serve on a port of loopback that is free; yield the address."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", ws="none", access_log=False)
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run)
    thread.start()
    while not running.started:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{running.servers[0].sockets[0].getsockname()[1]}"
    finally:
        running.should_exit = True
        thread.join()


def main(folder: Path, seconds: float, callers: int) -> None:
    """Let the log hang, call all the time, and print how long refusals took, how many threads there were, and what was done."""
    settings = replace(settings_for(folder / "home"), log_milliseconds=_AS_SHIPPED)
    with server.opened(settings, FixedClock()) as app, served(app) as address:
        tokens = _sign_in(address, settings.home)
        call = Calls(address, tokens)
        before, idle = call.until_done(), threading.active_count()
        with closing(sqlite3.connect(folder / "home" / "spe.db", isolation_level=None)) as other:
            there = entries_of(settings)
            other.execute("BEGIN IMMEDIATE")
            most, read = call.all_the_time(seconds, callers)
            other.execute("ROLLBACK")
        written = entries_of(settings) - there
        after = call.until_done()
    quantiles = statistics.quantiles([took for took, _ in call.heard], n=100)
    print(
        json.dumps(
            {
                "before": before,
                "statuses": dict(Counter(status for _, status in call.heard)),
                "read": read,
                "p50": round(quantiles[49], 3),
                "p99": round(quantiles[98], 3),
                "longest": round(max(took for took, _ in call.heard), 3),
                "threads": most - idle - callers,
                "written": written,
                "after": after,
            }
        )
    )


def entries_of(settings: Settings) -> int:
    """Return how many entries there are."""
    engine = open_database(settings.database)
    try:
        return len(read_database(engine).entries)
    finally:
        engine.dispose()


def _sign_in(address: str, home: Path) -> str:
    secret = (home / "persona-secret").read_text().strip()
    answer = httpx2.post(
        f"{address}/demo/token", json={"persona": "anna.ricci"}, headers={"X-Persona-Secret": secret}
    )
    return str(answer.json()["token"])


class Calls:
    """Callers of one server, who each wait for an answer before they call again."""

    def __init__(self, address: str, token: str) -> None:
        self._address = address
        self._token = token
        self.heard: list[tuple[float, int]] = []

    def client(self) -> httpx2.Client:
        """Return a connection of one caller's own: making one takes longer than a call."""
        headers = {"Authorization": f"Bearer {self._token}"}
        return httpx2.Client(base_url=self._address, headers=headers, timeout=120)

    def once(self, http: httpx2.Client, act: str = "submit") -> int:
        """Do it once: `submit` has an effect, `look` is a read that the log must tell of."""
        if act == "look":
            return http.get("/v1/requests/req-of-nobody").status_code
        return http.post("/v1/requests/preflight", json=_DRAFT).status_code

    def until_done(self) -> int:
        """Return the status of a call that is tried again while the log is not there yet."""
        with self.client() as http:
            status = self.once(http)
            while status == 503:
                time.sleep(0.2)
                status = self.once(http)
        return status

    def all_the_time(self, seconds: float, callers: int) -> tuple[int, list[int]]:
        """Call for so long; return the most threads there were, and how what needs no entry was answered meanwhile."""
        end = time.monotonic() + seconds
        threads = [
            threading.Thread(target=self._keep_calling, args=(end, number)) for number in range(callers)
        ]
        for thread in threads:
            thread.start()
        most, read = 0, set[int]()
        while any(thread.is_alive() for thread in threads):
            most = max(most, threading.active_count())
            with self.client() as http:
                read |= {http.get(path).status_code for path in _READ}
            time.sleep(0.1)
        return most, sorted(read)

    def _keep_calling(self, end: float, number: int) -> None:
        with self.client() as http:
            while time.monotonic() < end:
                began = time.monotonic()
                status = self.once(http, "look" if number % 3 == 0 else "submit")
                self.heard.append((time.monotonic() - began, status))
                # People and their programs wait a little before they ask again.
                time.sleep(0.5)


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]))
