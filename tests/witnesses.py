"""Witnesses as real processes, on ports that the system gives, each in a folder of its own."""

from __future__ import annotations

import http.client
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from spe.crypto.cosignature import WitnessKey
from spe.crypto.note import PublicKey
from spe.witness.main import init
from tests.builders import CHECKOUT

_SPE = (sys.executable, "-m", "spe.cli.main")
_PATIENCE = 30


@dataclass(frozen=True, slots=True)
class Running:
    """A witness that answers at `url`."""

    folder: Path
    key: WitnessKey
    url: str
    process: subprocess.Popen[str]

    def asks(self, method: str, path: str, body: bytes | None = None) -> tuple[int, str, bytes]:
        """Return status, media type and body of one answer."""
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=_PATIENCE)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            return answer.status, answer.getheader("Content-Type", ""), answer.read()
        finally:
            connection.close()

    def add(self, body: bytes) -> tuple[int, str, bytes]:
        """Send an `add-checkpoint`."""
        return self.asks("POST", "/add-checkpoint", body)

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 0

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait()


def made(folder: Path, name: str, *logs: PublicKey) -> WitnessKey:
    """Make a witness that knows `logs`."""
    return init(folder, name, logs)


@contextmanager
def running(
    folder: Path, key: WitnessKey, *, port: int = 0, program: tuple[str, ...] = _SPE
) -> Iterator[Running]:
    """Start the witness of `folder`, and end it at the end."""
    words = [*program, "witness", "serve", str(folder), "--port", str(port)]
    process = subprocess.Popen(words, cwd=CHECKOUT, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        line = process.stderr.readline()
        assert line.startswith("spe witness serves http://"), line
        yield Running(folder, key, line.split(" ")[3], process)
    finally:
        _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    with suppress(OSError):
        assert process.stderr is not None
        process.stderr.close()
