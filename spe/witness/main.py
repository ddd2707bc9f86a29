"""The witness process: `spe witness serve`."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from spe.crypto.cosignature import WitnessKey
from spe.crypto.note import PublicKey
from spe.errors import Unreachable
from spe.witness.app import create_app
from spe.witness.folder import WitnessFolder
from spe.witness.hasty import HastyConnection
from spe.witness.judge import Alarm, Witness

_MOST_CONNECTIONS = 64
_SECONDS_IDLE = 60
_SECONDS_TO_END = 5
_LARGEST_HEAD = 16_384


def serve(path: Path, host: str, port: int, told: Callable[[str], None]) -> None:
    """Cosign until told to stop, and tell the address first; a second process over the same folder is refused."""
    with opened(path) as app, _listening(host, port) as listening:
        told(_address(listening))
        config = uvicorn.Config(
            app,
            http=HastyConnection,
            access_log=False,
            log_level="warning",
            server_header=False,
            date_header=False,
            proxy_headers=False,
            ws="none",
            lifespan="off",
            limit_concurrency=_MOST_CONNECTIONS,
            timeout_keep_alive=_SECONDS_IDLE,
            timeout_graceful_shutdown=_SECONDS_TO_END,
            h11_max_incomplete_event_size=_LARGEST_HEAD,
        )
        uvicorn.Server(config).run([listening])


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as cause:
        raise Unreachable(f"{host} port {port} can't be listened on: {cause.strerror}") from None


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextmanager
def opened(path: Path) -> Iterator[Starlette]:
    """Open a witness' folder, which nobody else has meanwhile, as its application."""
    folder = WitnessFolder(path)
    folder.public()
    with folder.alone():
        yield create_app(Witness.of(folder, _now))


def init(path: Path, name: str, logs: tuple[PublicKey, ...]) -> WitnessKey:
    """Make a witness, or let the one in `path` know more logs; return its public key."""
    folder = WitnessFolder(path)
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    with folder.alone():
        return folder.make(name, logs)


def key(path: Path) -> WitnessKey:
    """Return the public key of the witness in `path`."""
    return WitnessFolder(path).public()


def alarms(path: Path) -> tuple[Alarm, ...]:
    """Return which logs signed two histories; the witness may be running meanwhile."""
    folder = WitnessFolder(path)
    folder.public()
    known = ((log.keys()[0].name, log.evidence()) for log in folder.logs())
    return tuple(Alarm(origin, notes) for origin, notes in known if notes)


def _now() -> int:
    return int(time.time())
