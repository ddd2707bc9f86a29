"""Cuts an exchange at its deadline, wherever in it the other side dawdles: a timeout of the socket starts anew with every byte."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_LOOK: Final = 0.1


class Watch:
    """One thread that closes the sockets of exchanges whose time is over."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ends: dict[int, float] = {}
        self._sockets: dict[int, socket.socket] = {}
        self._over = threading.Event()
        threading.Thread(target=self._look, name="policy-watch", daemon=True).start()

    @contextmanager
    def until(self, end: float) -> Iterator[None]:
        """Let this thread's exchange go on until `end`, a reading of the monotonic clock."""
        me = threading.get_ident()
        self._ends[me] = end
        try:
            yield
        finally:
            with self._lock:
                self._ends.pop(me, None)
                self._sockets.pop(me, None)

    def take(self, sock: Any) -> None:
        """Note the socket that this thread's exchange goes over."""
        self._sockets[threading.get_ident()] = sock

    def close(self) -> None:
        """Watch no longer."""
        self._over.set()

    def _look(self) -> None:
        while not self._over.wait(_LOOK):
            now = time.monotonic()
            with self._lock:
                late = [self._sockets.get(who) for who, end in list(self._ends.items()) if now > end]
                for sock in late:
                    if sock is not None:
                        with suppress(OSError):
                            sock.shutdown(socket.SHUT_RDWR)


def watched_pools(watch: Watch) -> dict[str, Any]:
    """Return connection pools by scheme whose connections show their sockets to `watch`."""

    class Plain(HTTPConnection):
        def request(self, *args: Any, **kwargs: Any) -> None:
            super().request(*args, **kwargs)
            watch.take(self.sock)

    class Secure(HTTPSConnection):
        def request(self, *args: Any, **kwargs: Any) -> None:
            super().request(*args, **kwargs)
            watch.take(self.sock)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}
