"""How we talk HTTP with an object store: one host, nothing followed, unpacked or read past its bound, all of it in time.

Botocore makes requests and reads answers; this sends and fetches them in its stead (its event `before-send`). An address
of another host is refused whatever brought it about, and the environment adds no proxy, certificate or password.
"""

from __future__ import annotations

import io
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPException
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

from botocore.awsrequest import AWSResponse
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError
from urllib3.util import Timeout

from spe.adapters.opa_watch import Watch

LARGEST_ANSWER: Final = 9 << 20
_CONNECTING: Final = 5.0
_CHUNK: Final = 1 << 20
_EMPTY: Final = 204
_CONNECTIONS: Final = 16
_PORTS: Final = {"http": 80, "https": 443}
_UNASKED: Final = frozenset({"connection", "expect", "proxy-authorization", "accept-encoding", "host"})


class Broken(Exception):
    """An exchange did not come about, or its answer can't be read: it may be tried again."""


class Late(Broken):
    """An exchange did not end in time."""


class Elsewhere(Exception):
    """The store sends us elsewhere, where we don't go."""


class Unasked(Exception):
    """The answer is longer than any that was asked for, or packed: it is not tried again."""


class Wire:
    """The exchanges with the store at `endpoint` (scheme, host, port), whose certificate `trust` vouches for."""

    def __init__(self, endpoint: SplitResult, trust: ssl.SSLContext | None) -> None:
        self._place = _place(endpoint)
        self._watch = Watch()
        self._end = threading.local()
        self._pool = _pool(self._place, trust, self._watch, lambda: self._end.value)

    @contextmanager
    def until(self, end: float) -> Iterator[None]:
        """Give what this thread exchanges in the block until `end`, a reading of the monotonic clock."""
        self._end.value = end
        with self._watch.until(end):
            yield

    def send(self, request: Any, **_event: Any) -> AWSResponse:
        """Return the answer, read whole; `Broken`, `Late`, `Unasked` or `Elsewhere` where there is none."""
        address = urlsplit(request.url)
        if _place(address) != self._place:
            raise Elsewhere("a request for another host")
        target = f"{address.path or '/'}{'?' + address.query if address.query else ''}"
        headers = {
            name: _text(value) for name, value in request.headers.items() if name.lower() not in _UNASKED
        }
        headers["Accept-Encoding"] = "identity"
        try:
            status, said, body = self._exchange(request.method, target, request.body, headers)
        except (HTTPError, HTTPException, OSError, ValueError) as cause:
            late = time.monotonic() > self._end.value
            raise (Late if late else Broken)(type(cause).__name__) from None
        if 300 <= status < 400:
            raise Elsewhere("a redirection")
        return AWSResponse(request.url, status, said, _Read(body))

    def close(self) -> None:
        """End the connections, and watch no longer."""
        self._pool.close()
        self._watch.close()

    def _exchange(
        self, method: str, target: str, body: Any, headers: dict[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        end: float = self._end.value
        left = max(0.001, end - time.monotonic())
        answer: Any = self._pool.urlopen(
            method,
            target,
            body=body,
            headers=headers,
            retries=False,
            redirect=False,
            assert_same_host=False,
            timeout=Timeout(connect=min(_CONNECTING, left), read=left),
            preload_content=False,
            decode_content=False,
        )
        try:
            data = b"" if method == "HEAD" or answer.status == _EMPTY else _whole(answer)
            _in_time(end)
        except BaseException:
            answer.close()
            raise
        answer.release_conn()
        return answer.status, dict(answer.headers), data


class _Read(io.BytesIO):
    """A body that was read already, as botocore goes through it."""

    def stream(self, *_amount: Any, **_how: Any) -> Iterator[bytes]:
        yield self.read()


def _in_time(end: float) -> None:
    """A line that was cut within the headers reads as their end, and one cut later as the body's: both are too late."""
    if time.monotonic() > end:
        raise OSError("the answer did not end in time")


def _whole(answer: Any) -> bytes:
    if answer.headers.get("Content-Encoding", "identity").lower() not in {"identity", "aws-chunked"}:
        raise Unasked("packed, though that was not asked for")
    if not {"Content-Length", "Transfer-Encoding"} & {name.title() for name in answer.headers}:
        raise OSError("the headers were cut")
    parts, size = [], 0
    while part := answer.read1(_CHUNK, decode_content=False):
        parts.append(part)
        size += len(part)
        if size > LARGEST_ANSWER:
            raise Unasked("an answer without end")
    if answer.length_remaining:
        raise OSError("the body was cut")
    return b"".join(parts)


def _place(address: SplitResult) -> tuple[str, str, int]:
    scheme = address.scheme
    return scheme, address.hostname or "", address.port or _PORTS.get(scheme, 0)


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("latin-1")


def _line(host: str, port: int, end: float) -> socket.socket:
    """Return a line to the first of the host's addresses that takes one, in time however many there are."""
    failure = OSError("the host has no address")
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(max(0.001, min(_CONNECTING, end - time.monotonic())))
            sock.connect(address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(max(0.001, end - time.monotonic()))
        except OSError as cause:
            sock.close()
            failure = cause
        else:
            return sock
    raise failure


def _pool(
    place: tuple[str, str, int], trust: ssl.SSLContext | None, watch: Watch, end: Callable[[], float]
) -> HTTPConnectionPool:
    scheme, host, port = place

    class Watched:
        """A connection whose line `watch` may cut, from before its handshake on: a second handle outlives the first's wrapping."""

        line: socket.socket | None = None

        def _new_conn(self) -> socket.socket:
            sock = _line(host, port, end())
            self.line = sock.dup()
            watch.take(self.line)
            return sock

        def request(self, *args: Any, **kwargs: Any) -> None:
            if self.line is not None:
                watch.take(self.line)
            super().request(*args, **kwargs)  # type: ignore[misc]

        def close(self) -> None:
            if self.line is not None:
                self.line.close()
                self.line = None
            super().close()  # type: ignore[misc]

    class Plain(Watched, HTTPConnection):
        pass

    class Secure(Watched, HTTPSConnection):
        pass

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    if scheme == "https":
        return SecurePool(host, port, maxsize=_CONNECTIONS, ssl_context=trust)
    return PlainPool(host, port, maxsize=_CONNECTIONS)
