"""The command line as somebody types it, in this process, against an API that really listens on loopback."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI

from spe.cli.main import main
from tests.unit.web.served import SECRET, World


@dataclass
class Typed:
    """Runs commands; `out` and `err` hold what the last one printed."""

    capture: pytest.CaptureFixture[str]
    url: str
    out: str = ""
    err: str = ""

    def __call__(self, *words: str) -> int:
        self.capture.readouterr()
        code = main(list(words))
        self.out, self.err = self.capture.readouterr()
        return code

    def json(self, *words: str) -> Any:
        """Run a command with --json and return what it printed."""
        self(*words, "--json")
        return json.loads(self.out)


@contextmanager
def listening(world: World) -> Iterator[str]:
    """Serve `world` on a free port of loopback and yield its URL."""
    with listening_app(world.app) as url:
        yield url


@contextmanager
def listening_app(app: FastAPI, port: int = 0) -> Iterator[str]:
    """Serve an application on a port of loopback, a free one where none is given, and yield its URL."""
    config = uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", ws="none", lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def prepare(home: Path, url: str, patch: pytest.MonkeyPatch) -> None:
    """Set what a demo's caller has in the environment, and the server's secret file."""
    home.mkdir(mode=0o700, exist_ok=True)
    (home / "persona-secret").write_text(f"{SECRET}\n")
    patch.setenv("SPE_HOME", str(home))
    patch.setenv("SPE_URL", url)
    patch.setenv("SPE_AS", "anna.ricci")
    patch.setenv("NO_COLOR", "1")
    for name in ("SPE_TOKEN_FILE", "SPE_LANG"):
        patch.delenv(name, raising=False)
