from __future__ import annotations

import http.client
import socket
from contextlib import closing
from pathlib import Path

import pytest


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "nowhere.invalid"])
def test_a_test_that_reaches_out_is_stopped(host: str) -> None:
    with pytest.raises(RuntimeError, match="loopback"):
        http.client.HTTPConnection(host, 9, timeout=1).connect()


def test_a_datagram_to_elsewhere_is_stopped_too() -> None:
    with (
        closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as sender,
        pytest.raises(RuntimeError, match="loopback"),
    ):
        sender.sendto(b"out", ("192.0.2.1", 9))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_is_open(host: str) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        socket.create_connection((host, server.getsockname()[1]), timeout=5).close()


def test_unix_sockets_are_open(tmp_path: Path) -> None:
    with closing(socket.socket(socket.AF_UNIX)) as server, closing(socket.socket(socket.AF_UNIX)) as client:
        server.bind(str(tmp_path / "s"))
        server.listen()
        client.connect(str(tmp_path / "s"))
