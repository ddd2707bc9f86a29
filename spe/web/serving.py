"""Running the application with uvicorn, with bounds on what a caller can hold open."""

from __future__ import annotations

import ipaddress

import uvicorn
from fastapi import FastAPI

from spe.errors import Malformed

_MOST_CONNECTIONS = 256
_SECONDS_IDLE = 15
_SECONDS_TO_END = 20
_LARGEST_HEAD = 65_536


def serve(app: FastAPI, host: str, port: int, *, demo: bool) -> None:
    """Serve until told to stop; a demo server binds to loopback only."""
    refuse_to_show_a_demo(host, demo=demo)
    uvicorn.run(
        app,
        host=host,
        port=port,
        access_log=False,
        log_level="warning",
        server_header=False,
        date_header=False,
        proxy_headers=False,
        ws="none",
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_keep_alive=_SECONDS_IDLE,
        timeout_graceful_shutdown=_SECONDS_TO_END,
        h11_max_incomplete_event_size=_LARGEST_HEAD,
    )


def refuse_to_show_a_demo(host: str, *, demo: bool) -> None:
    """Raise `Malformed` when a demo server would listen on anything but this machine's loopback."""
    if demo and not _is_loopback(host):
        raise Malformed("a demo server listens on 127.0.0.1 or ::1 only: its people are not real")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
