"""An identity provider that answers as an enemy would: rubbish, floods, drops, other names, other places."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from spe.adapters.issuer import Client, Issuer, must_be_safe
from spe.adapters.issuer_keys import REFETCH
from spe.adapters.signed_claims import Expected
from spe.adapters.tokens import CACHED, TokenVerifier
from spe.errors import Malformed, NotSignedIn, Unreachable
from tests.attacks.forger import GOOD, HEADER, KEY, b64, jwks, signed
from tests.fakes import FixedClock

Answer = Callable[["Hostile", BaseHTTPRequestHandler], None]
PATHS = {"jwks_uri": "/jwks", "introspection_endpoint": "/introspect", "token_endpoint": "/token"}


class Hostile:
    """A server on loopback whose answer to each path can be anything; it counts what was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers: dict[str, Answer] = {}
        self.stopping = threading.Event()
        hostile = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                hostile.answer(self)

            def do_POST(self) -> None:
                hostile.answer(self)

            def log_message(self, *_: Any) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.name = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.says("/.well-known/openid-configuration", self.description())
        self.says("/jwks", json.loads(jwks(KEY)))
        self.says("/introspect", {**GOOD, "active": True})

    def description(self, **changed: Any) -> dict[str, Any]:
        return {"issuer": self.name, **{name: self.name + path for name, path in PATHS.items()}, **changed}

    def says(self, path: str, value: Any, status: int = 200, **headers: str) -> None:
        data = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.answers[path] = lambda _, call: reply(call, data, status, headers)

    def answer(self, call: BaseHTTPRequestHandler) -> None:
        self.asked.append(call.path)
        call.rfile.read(int(call.headers.get("Content-Length", "0")))
        try:
            self.answers[call.path](self, call)
        except (BrokenPipeError, ConnectionResetError):
            return


def reply(call: BaseHTTPRequestHandler, data: bytes, status: int, headers: dict[str, str]) -> None:
    call.send_response(status)
    for name, value in headers.items():
        call.send_header(name.replace("_", "-"), value)
    call.send_header("Content-Length", str(len(data)))
    call.end_headers()
    call.wfile.write(data)


def flood(_: Hostile, call: BaseHTTPRequestHandler) -> None:
    """Send 100 MB, as fast as they are taken."""
    call.send_response(200)
    call.end_headers()
    for _block in range(1600):
        call.wfile.write(b"x" * 65_536)


def drip(hostile: Hostile, call: BaseHTTPRequestHandler) -> None:
    """Send a letter now and then, so that no single wait is long."""
    call.send_response(200)
    call.end_headers()
    while not hostile.stopping.wait(0.2):
        call.wfile.write(b" ")
        call.wfile.flush()


@contextmanager
def hostile_server() -> Iterator[Hostile]:
    hostile = Hostile()
    thread = threading.Thread(target=hostile.server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield hostile
    finally:
        hostile.stopping.set()
        hostile.server.shutdown()
        hostile.server.server_close()
        thread.join()


@pytest.fixture
def hostile() -> Iterator[Hostile]:
    with hostile_server() as server:
        yield server


@pytest.fixture
def issuer(hostile: Hostile) -> Iterator[Issuer]:
    made = Issuer(hostile.name, Client("spe-api", "secret"))
    yield made
    made.close()


def verifier(hostile: Hostile, issuer: Issuer, clock: FixedClock) -> TokenVerifier:
    return TokenVerifier(Expected(hostile.name, "spe"), issuer.jwks, clock, issuer.standing)


def good(hostile: Hostile) -> str:
    hostile.says("/introspect", {**GOOD, "iss": hostile.name, "active": True})
    return signed({**GOOD, "iss": hostile.name})


def test_an_honest_issuer_is_believed(hostile: Hostile, issuer: Issuer) -> None:
    assert verifier(hostile, issuer, FixedClock()).verify(good(hostile)).id == "anna.ricci"


BROKEN: dict[str, Callable[[Hostile], None]] = {
    "empty": lambda one: one.says("/jwks", b""),
    "html": lambda one: one.says("/jwks", b"<html>down for maintenance</html>"),
    "500": lambda one: one.says("/jwks", {"error": "x"}, status=500),
    "elsewhere": lambda one: one.says("/jwks", b"", status=302, Location="https://evil.example/jwks"),
    "compressed": lambda one: one.says("/jwks", gzip.compress(b" " * 10**8), Content_Encoding="gzip"),
    "100 MB": lambda one: one.answers.update({"/jwks": flood}),
    "other keys": lambda one: one.says("/jwks", {"keys": [{"kty": "oct", "k": "AAAA", "kid": "k1"}]}),
}


@pytest.mark.parametrize("how", BROKEN)
def test_keys_that_are_no_keys_open_nothing_and_drop_nobody(
    hostile: Hostile, issuer: Issuer, how: str
) -> None:
    token, clock = good(hostile), FixedClock()
    judge = verifier(hostile, issuer, clock)
    judge.verify(token)
    BROKEN[how](hostile)
    clock.go_on(301)
    assert judge.verify(token).id == "anna.ricci"
    with pytest.raises(NotSignedIn):
        verifier(hostile, issuer, FixedClock()).verify(token)


def test_an_answer_that_comes_drop_by_drop_is_given_up(hostile: Hostile, issuer: Issuer) -> None:
    hostile.answers["/jwks"] = drip
    start = time.monotonic()
    with pytest.raises(Unreachable):
        issuer.jwks()
    assert time.monotonic() - start < 60


@pytest.mark.parametrize(
    "changed",
    [
        {"issuer": "https://evil.example"},
        {"issuer": None},
        {"jwks_uri": "http://evil.example/jwks"},
        {"jwks_uri": "file:///etc/passwd"},
        {"jwks_uri": "https://user@evil.example/jwks"},
        {"jwks_uri": 7},
    ],
)
def test_a_description_of_another_issuer_or_place_is_not_followed(
    hostile: Hostile, issuer: Issuer, changed: dict[str, Any]
) -> None:
    hostile.says("/.well-known/openid-configuration", hostile.description(**changed))
    with pytest.raises(Unreachable):
        issuer.jwks()
    assert hostile.asked == ["/.well-known/openid-configuration"]


def test_ten_thousand_unknown_keys_reach_the_issuer_twice_at_most(hostile: Hostile, issuer: Issuer) -> None:
    clock = FixedClock()
    judge = verifier(hostile, issuer, clock)
    rest = good(hostile).partition(".")[2]
    for number in range(10_000):
        clock.go_on(0.003)
        head = b64(json.dumps({**HEADER, "kid": f"k{number + 2}"}).encode())
        with pytest.raises(NotSignedIn):
            judge.verify(f"{head}.{rest}")
    assert REFETCH == 30
    assert hostile.asked.count("/jwks") <= 2
    assert "/introspect" not in hostile.asked


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"<html>",
        b"[]",
        b"null",
        b'"active"',
        b'{"active": "true"}',
        b'{"active": 1}',
        b'{"active": false}',
        b"{}",
    ],
)
def test_whatever_is_no_plain_yes_about_a_token_opens_nothing(
    hostile: Hostile, issuer: Issuer, said: bytes
) -> None:
    token = good(hostile)
    hostile.says("/introspect", said)
    with pytest.raises((NotSignedIn, Unreachable)):
        verifier(hostile, issuer, FixedClock()).verify(token)


def test_an_issuer_that_goes_away_closes_the_door_within_thirty_seconds(
    hostile: Hostile, issuer: Issuer
) -> None:
    clock = FixedClock()
    judge, token = verifier(hostile, issuer, clock), good(hostile)
    judge.verify(token)
    hostile.says("/introspect", b"", status=503)
    clock.go_on(CACHED - 1)
    assert judge.verify(token).id == "anna.ricci"
    clock.go_on(1)
    with pytest.raises(Unreachable):
        judge.verify(token)


@pytest.mark.parametrize(
    "name",
    [
        "http://id.example.eu/realms/spe",
        "ftp://127.0.0.1",
        "https://",
        "",
        "https://user:x@id.example.eu",
        "https://id.example.eu/?x=1",
        "https://id.example.eu/#x",
        "http://127.0.0.1.evil.example",
        "http://[",
        "https://id.example.eu:x",
    ],
)
def test_an_issuer_in_clear_or_with_anything_but_a_place_is_refused(name: str) -> None:
    with pytest.raises(Malformed):
        must_be_safe(name, "SPE_OIDC_ISSUER")


@pytest.mark.parametrize("name", ["https://id.example.eu/realms/spe", "http://127.0.0.1:8080/realms/spe", "http://[::1]:80", "http://localhost"])  # fmt: skip
def test_an_issuer_by_tls_or_on_this_machine_is_taken(name: str) -> None:
    must_be_safe(name, "SPE_OIDC_ISSUER")
