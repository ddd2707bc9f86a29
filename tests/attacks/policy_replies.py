"""A policy server that answers whatever a test tells it to, byte for byte, and replies that are no answer."""

from __future__ import annotations

import gzip
import json
import random
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from spe.adapters.opa_engine import OpaEngine, opa_address
from spe.adapters.policy_point import PolicyPoint
from spe.policy.judge import Known
from spe.policy.profiles import OBLIGATIONS

BUNDLE = "b" * 64
GATE = "run.stop"
KNOWN = Known(BUNDLE, frozenset({"role_missing", "permit_expired"}), OBLIGATIONS, frozenset({"e" * 64}))
DECISION: dict[str, Any] = {
    "allow": True, "gate": GATE, "reasons": [], "obligations": [], "profile": {}, "bundle": BUNDLE,
}  # fmt: skip
ALLOW = json.dumps({"result": DECISION}).encode()
Reply = Callable[[bytes], bytes]


class HostileServer:
    """Listens on loopback; `reply` makes of each request, head and body, the bytes that are sent; none cuts the line."""

    def __init__(self) -> None:
        self.reply: Reply = lambda _: http(ALLOW)
        self.asked: list[bytes] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._open: set[socket.socket] = set()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        for one in (self._listening, *self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._listening.accept()
            except OSError:
                return
            self._open.add(line)
            self._threads.append(threading.Thread(target=self._serve, args=(line,), daemon=True))
            self._threads[-1].start()

    def _serve(self, line: socket.socket) -> None:
        with line, suppress(OSError), line.makefile("rb") as reading:
            while head := _head(reading):
                self.asked.append(head)
                reading.read(_length(head))
                said = self.reply(head)
                if not said:
                    return
                line.sendall(said)
                if b"onnection: close" in said[:2000] or not said.startswith(b"HTTP/1.1 200"):
                    return


def _head(reading: Any) -> bytes:
    lines = []
    while (line := reading.readline()) not in {b"", b"\r\n"}:
        lines.append(line)
    return b"".join(lines)


def _length(head: bytes) -> int:
    for line in head.lower().splitlines():
        if line.startswith(b"content-length:"):
            return int(line.split(b":")[1])
    return 0


@contextmanager
def hostile_point(seconds: float = 2.0) -> Iterator[tuple[HostileServer, PolicyPoint]]:
    """Return a hostile server and a decision point that asks it."""
    server = HostileServer()
    engine = OpaEngine(opa_address(f"http://127.0.0.1:{server.port}"), seconds, 2, pause=0.0)
    point = PolicyPoint(engine, KNOWN)
    try:
        yield server, point
    finally:
        point.close()
        server.close()


def http(body: bytes, status: str = "200 OK", *headers: str, length: int | None = None) -> bytes:
    """Return a whole response."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def malformed(rng: random.Random) -> bytes:
    """Return a response that is no allow of the question that is asked, in one of many ways."""
    kind = rng.choice(_KINDS)
    while True:
        said = kind(rng)
        if not _allows(said):
            return said


def _changed(rng: random.Random) -> bytes:
    """Return the good body with a byte flipped, a stretch cut out or something put in."""
    raw = bytearray(ALLOW)
    at = rng.randrange(len(raw))
    kind = rng.randrange(3)
    if kind == 0:
        raw[at] ^= 1 << rng.randrange(8)
    elif kind == 1:
        del raw[at : at + rng.randrange(1, 20)]
    else:
        raw[at:at] = rng.randbytes(rng.randrange(1, 9))
    return http(bytes(raw))


def _odd_value(rng: random.Random) -> bytes:
    junk: list[Any] = [
        None,
        "true",
        "allow",
        1,
        0.5,
        {},
        [],
        [True],
        {"allow": True},
        [DECISION],
        {"a": DECISION},
    ]
    name = rng.choice([*DECISION, "result"])
    value = rng.choice(junk)
    said = {"result": value} if name == "result" else {"result": {**DECISION, name: value}}
    return http(json.dumps(said).encode())


def _twice(rng: random.Random) -> bytes:
    name = rng.choice(sorted(DECISION))
    pair = f"{json.dumps(name)}: {json.dumps(DECISION[name])}".encode()
    doubled = ALLOW.replace(b'"result": {', b'"result": {' + pair + b", ", 1)
    outer = b'{"result": {}, ' + ALLOW[1:]
    return http(rng.choice([doubled, outer]))


def _extra(rng: random.Random) -> bytes:
    name = rng.choice(["Allow", "allow ", "metrics", "error", "code", "explanation", "provenance"])
    inside = {"result": {**DECISION, name: True}}
    return http(json.dumps(rng.choice([inside, {"result": DECISION, name: True}])).encode())


def _missing(rng: random.Random) -> bytes:
    less = {name: value for name, value in DECISION.items() if name != rng.choice(sorted(DECISION))}
    return http(
        json.dumps(rng.choice([{"result": less}, {}, {"result": {}}, {"result": None}, DECISION])).encode()
    )


def _status(rng: random.Random) -> bytes:
    statuses = ("500 Internal Server Error", "404 Not Found", "400 Bad Request", "204 No Content", "301 Moved",
                "401 Unauthorized", "503 Unavailable", "999 ?", "206 Partial Content", "429 Slow down")  # fmt: skip
    return http(
        ALLOW, rng.choice(statuses[:4] + statuses[4:8] + statuses[9:]), "Location: http://127.0.0.1:9/"
    )


def _packed(rng: random.Random) -> bytes:
    bomb = gzip.compress(bytes(1 << 20))
    name = rng.choice(["gzip", "deflate", "br", "zstd", "gzip, gzip", "x-gzip", "GZIP"])
    return http(rng.choice([bomb, gzip.compress(ALLOW)]), "200 OK", f"Content-Encoding: {name}")


def _huge(rng: random.Random) -> bytes:
    wide = b'{"result": "' + b"x" * rng.randrange(300_000, 600_000) + b'"}'
    deep = b'{"result":' * rng.randrange(1000, 50_000)
    return http(rng.choice([wide, deep, b"[" * 100_000]), "200 OK", "Connection: close")


def _text(rng: random.Random) -> bytes:
    encoded = [ALLOW.decode().encode(name) for name in ("utf-16", "utf-32", "utf-8-sig")]
    bad = [
        b"\xff\xfe",
        b'{"result": "\xc3("}',
        b"<html>allow</html>",
        b"true",
        b'"true"',
        b"",
        b"null",
        b"NaN",
    ]
    return http(rng.choice([*encoded, *bad, ALLOW.replace(b"true", b"NaN"), ALLOW + b"{}", ALLOW * 2]))


def _framing(rng: random.Random) -> bytes:
    short, long = http(ALLOW, length=len(ALLOW) - rng.randrange(1, 40)), http(ALLOW, length=len(ALLOW) + 7)
    said = [
        short,
        long.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"),
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\n{"res',
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\n" + ALLOW,
        b"HTTP/9.9 what\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
        rng.randbytes(rng.randrange(1, 300)),
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 500 + b"\r\n" + ALLOW,
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\nConnection: close\r\n\r\n{}",
        b"",
    ]
    return rng.choice(said)


_KINDS: tuple[Callable[[random.Random], bytes], ...] = (
    _changed, _changed, _odd_value, _twice, _extra, _missing, _status, _packed, _huge, _text, _framing,
)  # fmt: skip


def _allows(said: bytes) -> bool:
    """Say whether these bytes happen to be a well formed allow, read here in another way than the adapter does."""
    head, _, body = said.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200") or b"ncoding" in head or len(body) != _length(head):
        return False
    try:
        pairs = json.loads(body.decode("utf-8"), object_pairs_hook=list)
    except (ValueError, RecursionError):
        return False
    return isinstance(pairs, list) and len(pairs) == 1 and pairs[0] == ("result", _sorted(pairs[0][1]))


def _sorted(value: Any) -> Any:
    """Return the pairs of the decision if `value` is exactly these in some order, else None."""
    return value if isinstance(value, list) and sorted(map(repr, value)) == _PAIRS else None


_PAIRS = sorted(map(repr, json.loads(ALLOW, object_pairs_hook=list)[0][1]))
