"""A witness that is a hostile server: whatever it sends, asking it ends in bounded time and memory, with a clear error."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from spe.adapters.witnesses import LARGEST_ANSWER, WitnessClient, parse_address
from spe.audit.cosigned import Answer, Cosigned, Knows, Refused
from spe.crypto.cosignature import CosigningKey
from spe.errors import Malformed, Unreachable
from tests.tls import certified
from tests.unit.witness.growing import KEY, NAME, GrowingLog
from tests.witnesses import made, running

WITNESS = CosigningKey(NAME, bytes(range(32)))
Serve = Callable[[socket.socket], object]


@contextmanager
def serving(serve: Serve) -> Iterator[str]:
    """Listen, and let `serve` do as it likes with each connection once something came."""
    ended = threading.Event()

    def accept(listening: socket.socket) -> None:
        while not ended.is_set():
            with suppress(OSError):
                connection, _ = listening.accept()
                threading.Thread(target=handle, args=(connection,), daemon=True).start()

    def handle(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.recv(65_536)
            serve(connection)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=accept, args=(listening,), daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        ended.set()
        listening.shutdown(socket.SHUT_RDWR)


def ask(address: str, patience: float = 20.0) -> Answer:
    client = WitnessClient(WITNESS.public, parse_address(address), patience)
    try:
        return client.ask(0, (), GrowingLog().grow(3).checkpoint())
    finally:
        client.close()


def answer(status: str, body: bytes, *headers: str) -> Serve:
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]
    return lambda connection: connection.sendall("\r\n".join(lines).encode() + body)


def for_ever(head: bytes, more: bytes, pause: float = 0.0) -> Serve:
    """Send `head`, and `more` again and again, until nobody listens any more."""

    def serve(connection: socket.socket) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(more)
            time.sleep(pause)

    return serve


OK = b"HTTP/1.1 200 OK\r\n"
NO_USE: dict[str, Serve] = {
    "closes at once": lambda connection: connection.close(),
    "not HTTP": lambda connection: connection.sendall(b"\x00\xff" * 500),
    "half a head": lambda connection: connection.sendall(OK[:9]),
    "less than it says": lambda connection: connection.sendall(OK + b"Content-Length: 100\r\n\r\nabc"),
    "a negative length": lambda connection: connection.sendall(OK + b"Content-Length: -5\r\n\r\nabc"),
    "two lengths": lambda connection: connection.sendall(
        OK + b"Content-Length: 3\r\nContent-Length: 900\r\n\r\nabc"
    ),
    "a chunk of no size": lambda connection: connection.sendall(
        OK + b"Transfer-Encoding: chunked\r\n\r\nzzz\r\n"
    ),
    "no body": answer("200 OK", b""),
    "no line feed": answer("200 OK", "\u2014 w AAAA".encode()),
    "no text": answer("200 OK", b"\xff\xfe\n"),
    "zipped": answer("200 OK", b"\x1f\x8b\x08\x00" + bytes(100), "Content-Encoding: gzip"),
    "as many lines as fit": answer("200 OK", b"x\n" * 8000),
    "a megabyte": answer("200 OK", b"x" * (1 << 20)),
    "headers without end": for_ever(OK, b"X-More: " + b"x" * 1000 + b"\r\n"),
    "a header line without end": for_ever(OK + b"X-More: ", b"x" * 1000),
    "a body without end": for_ever(OK + b"\r\n", b"x" * 1000),
    "chunks without end": for_ever(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
}
SLOW: dict[str, Serve] = {
    "says nothing": for_ever(b"", b"", 0.05),
    "one byte of the head now and then": for_ever(OK + b"X-More: ", b"x", 0.05),
    "one byte of the body now and then": for_ever(OK + b"Content-Length: 9999\r\n\r\n", b"x", 0.05),
    "continues for ever": for_ever(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.05),
}


@pytest.mark.parametrize("what", NO_USE)
def test_what_can_not_be_used_is_no_answer(what: str) -> None:
    with serving(NO_USE[what]) as address, pytest.raises(Unreachable, match=r"witness\.example/w1"):
        ask(address)


@pytest.mark.parametrize("what", SLOW)
def test_a_slow_witness_is_cut_off(what: str) -> None:
    with serving(SLOW[what]) as address:
        started = time.monotonic()
        with pytest.raises(Unreachable, match="did not answer"):
            ask(address, patience=0.5)
        assert time.monotonic() - started < 20


LINE = WITNESS.cosign("text\n", 1)
USABLE: dict[str, tuple[Serve, Answer]] = {
    "a line": (answer("200 OK", LINE.encode()), Cosigned((LINE[:-1],))),
    "a size": (answer("409 Conflict", b"12\n"), Knows(12)),
    "the largest size": (answer("409 Conflict", b"9" * 19 + b"\n"), Knows(10**19 - 1)),
    "a size too long": (answer("409 Conflict", b"9" * 20 + b"\n"), Refused(409)),
    "a size with a zero before it": (answer("409 Conflict", b"012\n"), Refused(409)),
    "a conflict without a size": (answer("409 Conflict", b"no\n"), Refused(409)),
    "elsewhere": (answer("302 Found", b"", "Location: http://127.0.0.1:1/"), Refused(302)),
    "an error of a megabyte": (answer("500 Oh no", b"x" * (1 << 20)), Refused(500)),
    "busy": (answer("503 Busy", b""), Refused(503)),
}


@pytest.mark.parametrize("what", USABLE)
def test_what_can_be_used_is_what_it_says(what: str) -> None:
    serve, expected = USABLE[what]
    with serving(serve) as address:
        assert ask(address) == expected


def test_no_more_is_read_than_an_answer_may_have() -> None:
    sent = 0

    def serve(connection: socket.socket) -> None:
        nonlocal sent
        connection.sendall(OK + b"Content-Length: 1000000000\r\n\r\n")
        while True:
            sent += connection.send(b"x" * 1000)

    with serving(serve) as address, pytest.raises(Unreachable):
        ask(address)
    # The rest is what the two sides' sockets hold.
    assert sent < LARGEST_ANSWER + (16 << 20)


@pytest.mark.parametrize(
    "address",
    ["", "witness.example", "ftp://w/", "http://", "http://u:p@w/", "http://w/?a=b", "http://w/#a", "http://w:0/",
     "http://w:99999/", "http://w/a\nb", "http://w\u00e9/", "http://[::1", "file:///etc/passwd"],
)  # fmt: skip
def test_what_is_no_address_is_malformed(address: str) -> None:
    with pytest.raises(Malformed):
        parse_address(address)


def test_nobody_there_is_no_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(Unreachable, match="ConnectionRefusedError"):
        ask(f"http://127.0.0.1:{port}")


def test_one_connection_serves_for_all_and_a_new_one_after_the_witness_was_started_anew(
    tmp_path: Path,
) -> None:
    log, folder = GrowingLog().grow(50), tmp_path / "w1"
    key = made(folder, NAME, KEY.public)
    with running(folder, key) as here:
        address = parse_address(here.url + "/")
        client, opened = WitnessClient(key, address), set()
        for size in range(1, 20):
            assert isinstance(client.ask(size - 1, log.proof(size - 1, size), log.checkpoint(size)), Cosigned)
            assert client._open is not None
            opened.add(client._open.sock.getsockname())
        assert len(opened) == 1
    with pytest.raises(Unreachable):
        client.ask(19, log.proof(19), log.checkpoint())
    with running(folder, key) as here:
        client._address = parse_address(here.url)
        assert client.ask(0, (), log.checkpoint()) == Knows(19)
        client.close()


@pytest.mark.parametrize("vouched", [False, True])
def test_over_tls_the_other_side_must_be_vouched_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, vouched: bool
) -> None:
    context = certified(tmp_path)
    if vouched:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))

    def accept(listening: socket.socket) -> None:
        with suppress(OSError), context.wrap_socket(listening.accept()[0], server_side=True) as connection:
            data = b""
            while "\u2014".encode() not in data or not data.endswith(b"\n"):
                data += connection.recv(65_536)
            answer("409 Conflict", b"12\n")(connection)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=accept, args=(listening,), daemon=True).start()
        address = f"https://localhost:{listening.getsockname()[1]}/witness"
        if vouched:
            assert ask(address) == Knows(12)
        else:
            with pytest.raises(Unreachable, match="SSLCertVerificationError"):
                ask(address)
