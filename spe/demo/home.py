"""A fresh installation for the tour: its folder, its two processes, and how they end."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from spe.errors import Unreachable
from spe.wiring import home as installed
from spe.wiring.database import is_free

ROOT = Path(__file__).resolve().parents[2]
_PREFERRED = 8400
_PATIENCE = 90.0
_MOST_PAUSES = 20
_BETWEEN_PAUSES = 0.03


class Home:
    """A demo installation below `folder`; `start` begins from nothing, `stop` ends what it started by their ids.

    `databases` gives each process the URL of a database that is there and empty; SQLite in the home where there is none.
    `settings` are variables in place of the demo's.
    """

    def __init__(
        self,
        folder: Path,
        port: int = _PREFERRED,
        round_seconds: int = 1,
        databases: Mapping[str, str] | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.port = _free_port(port)
        self.url = f"http://127.0.0.1:{self.port}"
        self.spe = Path(sys.executable).with_name("spe")
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._round = round_seconds
        self._databases = databases or {}
        self.settings = settings or {}

    @property
    def environment(self) -> Mapping[str, str]:
        """Return the settings of this installation, as variables."""
        return {
            "SPE_HOME": str(self.home),
            "SPE_POLICIES": str(ROOT / "policies"),
            "SPE_ASSETS": str(ROOT / "var" / "assets"),
            "SPE_PORT": str(self.port),
            "SPE_URL": self.url,
            "SPE_DEMO": "true",
            "SPE_ROUND_SECONDS": str(self._round),
            "SPE_RUN_MEMORY_MIB": "1024",
            **self._database("worker"),
            **self.settings,
        }

    @property
    def secret_file(self) -> Path:
        """Return where the server writes the secret for signing in as a persona."""
        return self.home / "persona-secret"

    def start(self) -> None:
        """Start server and worker in an empty home and wait until they are ready."""
        self._clear()
        self._start("serve", "serve")
        self._wait_ready()
        self._start("worker", "worker")

    def stop(self) -> None:
        """End server and worker and wait for their end."""
        for process in self.processes.values():
            process.send_signal(signal.SIGCONT)
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        for name in self.processes:
            (self.folder / f"{name}.pid").unlink(missing_ok=True)

    def pause_worker(self) -> None:
        """Stop the worker's clock, as a busy machine would, but not in the middle of a transaction: others must go on."""
        for _ in range(_MOST_PAUSES):
            self.processes["worker"].send_signal(signal.SIGSTOP)
            if self._can_be_written():
                return
            self.resume_worker()
            time.sleep(_BETWEEN_PAUSES)
        raise Unreachable("the worker always holds the database's write lock")

    def resume_worker(self) -> None:
        """Let the worker go on."""
        self.processes["worker"].send_signal(signal.SIGCONT)

    def _can_be_written(self) -> bool:
        """Say whether nobody who is halted holds the write lock."""
        return is_free(self._databases.get("worker", f"sqlite:///{self.home / 'spe.db'}"))

    def _database(self, name: str) -> dict[str, str]:
        return {"SPE_DATABASE_URL": self._databases[name]} if name in self._databases else {}

    @contextmanager
    def tampered(self, name: str) -> Iterator[None]:
        """Flip a byte of a sealed object on disk, as somebody who got hold of the disk would; put it back at the end."""
        path = installed.Home(self.home).sealed(name)
        sealed = path.read_bytes()
        changed = bytearray(sealed)
        changed[-1] ^= 1
        path.write_bytes(bytes(changed))
        try:
            yield
        finally:
            path.write_bytes(sealed)

    def log(self, name: str) -> str:
        """Return the end of what a process wrote."""
        file = self.folder / f"{name}.log"
        return file.read_text(errors="replace")[-2000:] if file.exists() else ""

    def _start(self, name: str, *words: str) -> None:
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [self.spe, *words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.environment, **self._database(name)},
                # Ctrl-C is for the tour, which then ends its processes itself.
                start_new_session=True,
            )
        self.processes[name] = process
        (self.folder / f"{name}.pid").write_text(f"{process.pid}\n")

    def _clear(self) -> None:
        for file in self.folder.glob("*.pid"):
            if _is_alive(int(file.read_text() or "0")):
                raise Unreachable(
                    f"a demo runs here already (process {file.read_text().strip()}): end it with Ctrl-C there"
                )
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True, mode=0o700)

    def _wait_ready(self) -> None:
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end:
            if self.processes["serve"].poll() is not None:
                raise Unreachable(f"the server ended at once:\n{self.log('serve')}")
            try:
                opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
                with opener.open(f"{self.url}/readyz", timeout=5):
                    return
            except urllib.error.HTTPError as refused:
                refused.close()
            except OSError:
                pass
            time.sleep(0.1)
        raise Unreachable(f"the server is not ready after {_PATIENCE:.0f} s:\n{self.log('serve')}")


def _free_port(preferred: int) -> int:
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise Unreachable("no port of this machine is free")


def _is_alive(pid: int) -> bool:
    try:
        return pid > 0 and b"spe" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
