"""What holds for every test: no network but loopback, and property tests that give the same answer each time."""

from __future__ import annotations

import ipaddress
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from tests.services.postgres import Server
    from tests.services.s3_server import S3Server

# TenSEAL is loaded in processes of its own only; `unit/crypto/test_native.py` runs these in one of their own.
collect_ignore = [] if "SPE_NATIVE_TESTS" in os.environ else ["native"]
_TESTS: Final = Path(__file__).parent
_NAMES: Final = {"", "localhost", "None"}
_CALLS: Final = {"socket.connect": 1, "socket.sendto": 1, "socket.sendmsg": 1, "socket.getaddrinfo": 0}

settings.register_profile(
    "fixed", derandomize=True, database=None, deadline=None, max_examples=60, print_blob=True
)
settings.register_profile(
    "soak",
    database=None,
    deadline=None,
    max_examples=5000,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("fixed")


class NetworkIsOut(RuntimeError):
    """A test tried to reach something that is not on this machine."""


def _is_here(address: object) -> bool:
    host = address[0] if isinstance(address, tuple) and address else address
    if host is None or isinstance(host, bytes) or not isinstance(address, tuple | str):
        return True  # a unix socket's path, or netlink
    if str(host) in _NAMES or str(host).startswith("/"):
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


def _stay_here(event: str, args: tuple[object, ...]) -> None:
    if event in _CALLS and not _is_here(args[_CALLS[event]]):
        raise NetworkIsOut(f"{event} {args[_CALLS[event]]!r}: tests reach loopback and unix sockets only")


sys.addaudithook(_stay_here)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what starts real sandboxes, by where it lives: that is what runs again as an unprivileged user."""
    for item in items:
        path = item.path.relative_to(_TESTS)
        if path.parts[0] == "attacks" or any("sandbox" in part for part in path.parts[:-1]):
            item.add_marker(pytest.mark.sandbox)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """Run a PostgreSQL while tests want one; only those with the mark `services` may."""
    from tests.services.postgres import postgres_server  # the tests that need no server need no part of it

    with postgres_server() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a new database of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/spe.db"
    server: Server = request.getfixturevalue("postgres")
    return server.url(server.made())


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """Return a store that speaks S3, started when the first test of this process asks for it."""
    from tests.services.s3_server import s3_server

    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server
