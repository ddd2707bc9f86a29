"""Asking witnesses over HTTP (C2SP tlog-witness), within a bounded time and a bounded size, whatever they answer."""

from __future__ import annotations

import base64
import re
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, IncompleteRead
from urllib.parse import SplitResult, urlsplit

from spe.audit.cosigned import Answer, Cosigned, Knows, Refused
from spe.crypto.cosignature import WitnessKey
from spe.crypto.note import MOST_SIGNATURES
from spe.errors import Malformed, Unreachable

PATIENCE = 5.0
LARGEST_ANSWER = 16_384
_OK, _CONFLICT = 200, 409
_SIZE = re.compile(rb"(0|[1-9][0-9]{0,18})\n")
_FAILURES = (OSError, HTTPException, ValueError)


def parse_address(text: str) -> SplitResult:
    """Return a witness' submission prefix; `Malformed` unless it is plain http or https."""
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:
        raise Malformed("a witness' address can't be read") from None
    plain = (
        text.isascii() and text.isprintable() and not url.query and not url.fragment and "@" not in url.netloc
    )
    if not plain or url.scheme not in {"http", "https"} or not url.hostname or port == 0:
        raise Malformed("a witness' address is http://HOST[:PORT][/PREFIX], or https")
    return url


class WitnessClient:
    """One witness; for one thread at a time. It keeps its connection open, follows nowhere, and trusts no answer."""

    def __init__(self, key: WitnessKey, address: SplitResult, patience: float = PATIENCE) -> None:
        self.key = key
        self._address = address
        self._patience = patience
        self._open: HTTPConnection | None = None

    def ask(self, old: int, proof: Sequence[bytes], note: str) -> Answer:
        """Return what the witness says; `Unreachable` where it says nothing that can be used, or not in time."""
        hashes = "".join(f"{base64.b64encode(part).decode()}\n" for part in proof)
        body = f"old {old}\n{hashes}\n{note}".encode()
        used = self._open is not None
        try:
            return self._exchange(body)
        except _FAILURES as cause:
            failure = cause
        if used:
            # The other side may have closed a connection that was kept open: that says nothing of the witness.
            try:
                return self._exchange(body)
            except _FAILURES as cause:
                failure = cause
        raise Unreachable(
            f"the witness {self.key.name} did not answer: {type(failure).__name__}"
        ) from failure

    def close(self) -> None:
        """Give up the connection."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def _exchange(self, body: bytes) -> Answer:
        connection = self._open or self._connection()
        self._open = connection
        try:
            with _cut_off(connection, self._patience):
                connection.request("POST", f"{self._address.path.rstrip('/')}/add-checkpoint", body, _HEADERS)
                # It holds the socket as long as it is open, even of a connection that was closed.
                with closing(connection.getresponse()) as response:
                    data = _read(response)
                    ended = response.isclosed()
        except BaseException:
            self.close()
            raise
        if len(data) > LARGEST_ANSWER or not ended:
            self.close()
        return self._answer(response, data)

    def _connection(self) -> HTTPConnection:
        host, port, limit = self._address.hostname or "", self._address.port, self._patience
        if self._address.scheme == "https":
            return HTTPSConnection(host, port, timeout=limit, context=ssl.create_default_context())
        return HTTPConnection(host, port, timeout=limit)

    def _answer(self, response: HTTPResponse, data: bytes) -> Answer:
        size = _SIZE.fullmatch(data)
        if response.status == _CONFLICT and size:
            return Knows(int(size[1]))
        if response.status != _OK:
            return Refused(response.status)
        lines = data.decode("utf-8").split("\n") if len(data) <= LARGEST_ANSWER else []
        if not 2 <= len(lines) <= MOST_SIGNATURES + 1 or lines[-1]:
            raise Unreachable(f"the witness {self.key.name} answered with what is no cosignature")
        return Cosigned(tuple(lines[:-1]))


def _read(response: HTTPResponse) -> bytes:
    data = response.read(LARGEST_ANSWER + 1)
    if response.length and len(data) <= LARGEST_ANSWER:
        raise IncompleteRead(data)
    return data


_HEADERS = {"Content-Type": "text/plain; charset=utf-8", "Accept-Encoding": "identity"}


@contextmanager
def _cut_off(connection: HTTPConnection, seconds: float) -> Iterator[None]:
    """Cut the connection off when it is not done in time: a timeout of its own only bounds the wait for each byte."""
    late = threading.Event()

    def cut() -> None:
        late.set()
        with suppress(OSError, AttributeError):
            connection.sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
    if late.is_set():
        raise TimeoutError
