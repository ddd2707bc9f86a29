"""Running the application with uvicorn, with bounds on what a caller can hold open."""

from __future__ import annotations

import ipaddress
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import uvicorn
from fastapi import FastAPI

from spe.errors import Malformed, SpeError, Unreachable
from spe.web.patience import PatientProtocol
from spe.wiring.keys import KeyChanged

_MOST_CONNECTIONS = 512
_SECONDS_IDLE = 15
_SECONDS_TO_END = 20
_LARGEST_HEAD = 65_536
_LOOK_EVERY = 1.0


def serve(app: FastAPI, host: str, port: int, *, demo: bool, check: Callable[[], None]) -> None:
    """Serve until told to stop, or until `check` raises `KeyChanged`; a demo server binds to loopback only."""
    refuse_to_show_a_demo(host, demo=demo)
    # Once it has ended in order, uvicorn sends itself the signal again: what was opened must be closed all the same.
    signal.signal(signal.SIGTERM, lambda *_: None)
    server = uvicorn.Server(bounded(app, host, port))
    with _looking(check, server), suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        raise Unreachable(f"{host}:{port} can't be listened on")


def bounded(
    app: Callable[..., object], host: str, port: int, http: type[PatientProtocol] = PatientProtocol
) -> uvicorn.Config:
    """Return how `app` is served.

    Warnings are off: each is about one call that anybody can make, so that with them anybody could fill the disk.
    """
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=http,
        access_log=False,
        log_level="error",
        server_header=False,
        date_header=False,
        proxy_headers=False,
        ws="none",
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_keep_alive=_SECONDS_IDLE,
        timeout_graceful_shutdown=_SECONDS_TO_END,
        h11_max_incomplete_event_size=_LARGEST_HEAD,
    )


@contextmanager
def _looking(check: Callable[[], None], server: uvicorn.Server) -> Iterator[None]:
    """Look every second whether the log's key is still this server's; end it in order where not, and raise at the end."""
    over, changed = threading.Event(), list[KeyChanged]()

    def look() -> None:
        while not over.wait(_LOOK_EVERY):
            try:
                check()
            except KeyChanged as found:
                changed.append(found)
                server.should_exit = True
                return
            except SpeError:
                continue

    thread = threading.Thread(target=look, name="key", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    if changed:
        raise changed[0]


def refuse_to_show_a_demo(host: str, *, demo: bool) -> None:
    """Raise `Malformed` when a demo server would listen on anything but this machine's loopback."""
    if demo and not _is_loopback(host):
        raise Malformed("a demo server listens on 127.0.0.1 or ::1 only: its people are not real")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
