"""A way to PostgreSQL that breaks where a test wants: a socket of ours that passes messages on, one by one."""

from __future__ import annotations

import contextlib
import socket
import struct
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

_HEADER = 5
_STARTS = frozenset({80877102, 80877103, 80877104})  # cancelling and encryption: no start of a session
_READY = b"Z"
STATEMENTS = "QS"


class Loss(Enum):
    """Where the way breaks: before the server has the message, or after its answer, which nobody gets."""

    MESSAGE = "message"
    ANSWER = "answer"


@dataclass(slots=True)
class Way:
    """Where to connect, what was sent (a letter a message), and when to break: at the `at`-th message from now, if any."""

    folder: Path
    sent: list[str] = field(default_factory=list)
    sockets: list[socket.socket] = field(default_factory=list)
    _at: int = 0
    _loss: Loss = Loss.MESSAGE
    _letters: str = ""

    def breaks(self, at: int, loss: Loss, letters: str = "") -> None:
        """Break once, at the `at`-th message from now on, counted from 1; of these `letters` where some are named."""
        self.sent.clear()
        self._at, self._loss, self._letters = at, loss, letters

    def broke(self) -> bool:
        """Say whether it has broken by now; if not it won't any more."""
        waiting, self._at = self._at, 0
        return waiting == 0

    def cut(self) -> None:
        """Break all that goes this way, at once."""
        for one in self.sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def passes(self, letter: str) -> Loss | None:
        """Note a message; say how to break at it, or None."""
        if self._letters and letter not in self._letters:
            return None
        self.sent.append(letter)
        if len(self.sent) != self._at:
            return None
        self._at = 0
        return self._loss


@contextmanager
def breakable(server: Path) -> Iterator[Way]:
    """Yield a way to the server whose socket is in `server`."""
    with tempfile.TemporaryDirectory(prefix="spe-way-") as name, socket.socket(socket.AF_UNIX) as listener:
        way = Way(Path(name))
        listener.bind(f"{name}/.s.PGSQL.5432")
        listener.listen(64)
        threading.Thread(target=_accept, args=(listener, way, server), daemon=True).start()
        yield way


def _accept(listener: socket.socket, way: Way, server: Path) -> None:
    with contextlib.suppress(OSError):
        while True:
            client, _ = listener.accept()
            there = socket.socket(socket.AF_UNIX)
            there.connect(f"{server}/.s.PGSQL.5432")
            way.sockets += (client, there)
            gate = _Gate()
            for pass_on, arguments in ((_there, (client, there, way, gate)), (_back, (there, client, gate))):
                threading.Thread(target=pass_on, args=arguments, daemon=True).start()


class _Gate:
    """Shut once an answer is to be lost; `over` is set when the server has given it."""

    def __init__(self) -> None:
        self.shut = False
        self.over = threading.Event()


def _there(client: socket.socket, server: socket.socket, way: Way, gate: _Gate) -> None:
    with contextlib.suppress(OSError, EOFError), client, server:
        _start(client, server)
        while True:
            letter, message = _message(client)
            loss = way.passes(letter.decode())
            if loss is Loss.MESSAGE:
                break
            gate.shut = loss is Loss.ANSWER
            server.sendall(message)
            if gate.shut:
                gate.over.wait(2 if letter in b"QS" else 0.05)
                break
        for one in (client, server):
            one.shutdown(socket.SHUT_RDWR)


def _back(server: socket.socket, client: socket.socket, gate: _Gate) -> None:
    with contextlib.suppress(OSError, EOFError):
        while True:
            letter, message = _message(server)
            if not gate.shut:
                client.sendall(message)
            elif letter == _READY:
                gate.over.set()
    with contextlib.suppress(OSError):
        client.shutdown(socket.SHUT_RDWR)


def _start(client: socket.socket, server: socket.socket) -> None:
    """Pass on the first message, which has no letter; one that asks for encryption is refused, as on any such socket."""
    while True:
        head = _exactly(client, 8)
        length, code = struct.unpack("!II", head)
        rest = _exactly(client, length - 8)
        if code in _STARTS and code != 80877102:
            client.sendall(b"N")
            continue
        server.sendall(head + rest)
        return


def _message(source: socket.socket) -> tuple[bytes, bytes]:
    head = _exactly(source, _HEADER)
    (length,) = struct.unpack("!I", head[1:])
    return head[:1], head + _exactly(source, length - 4)


def _exactly(source: socket.socket, size: int) -> bytes:
    got = bytearray()
    while len(got) < size:
        part = source.recv(size - len(got))
        if not part:
            raise EOFError
        got += part
    return bytes(got)
