"""Calls that cost the caller little and are meant to cost the server much: nothing grows, nobody else waits."""

from __future__ import annotations

import asyncio
import json
import socket
import statistics
import threading
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.requests import Request

from spe.errors import Malformed, Unreachable
from spe.web import bodies
from spe.web.bodies import MOST_VALUES, PROJECT_LIMIT, Chunks, parse_json
from spe.web.patience import PatientProtocol
from spe.web.serving import bounded
from tests.browsing import SAME
from tests.unit.web.served import World as Served
from tests.world import World, open_world

HERE = "127.0.0.1"
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html", **SAME}
REFUSED: tuple[tuple[str, str, dict[str, str], bytes], ...] = (
    ("GET", "/v1/requests/req-1", {}, b""),
    ("GET", "/v1/requests/req-1", {"Authorization": "Bearer x.y.z"}, b""),
    ("GET", "/v1/log/export", {"Authorization": "Basic YTpi"}, b""),
    ("POST", "/v1/requests", {"Content-Type": "application/json"}, b"{" * 200),
    ("POST", "/v1/datasets/d-1/data", {"Content-Type": "text/csv"}, b"a,b\n" * 100),
    ("POST", "/demo/token", {"Content-Type": "application/json", "X-Persona-Secret": "x"}, b'{"persona": "anna.ricci"}'),
    ("POST", "/demo/token", {"Content-Type": "application/json"}, b"\xff"),
    ("GET", "/no/such/route/{}", {}, b""),
    ("DELETE", "/v1/permits/{}", {}, b""),
    ("GET", "/healthz", {}, b""),
    ("GET", "/v1/keys?{}", {f"X-{at}": "x" for at in range(70)}, b""),
    ("GET", "/openapi.json", {}, b""),
    ("GET", "/", {"Accept": "text/html", "Cookie": "__Host-spe-session={}"}, b""),
    ("GET", "/cases/req-{}", {"Accept": "text/html"}, b""),
    ("POST", "/cases/req-1/vote", FORM, b"favour=yes&rationale=" + b"x" * 1000),
    ("POST", "/sign-in", FORM, b"persona=anna.ricci&secret=wrong"),
    ("POST", "/sign-in", {**FORM, "Sec-Fetch-Site": "cross-site"}, b"persona=anna.ricci&secret=wrong"),
    ("POST", "/sign-in", {"Content-Type": "multipart/form-data; boundary=x"}, b"--x\r\n" * 1000),
)  # fmt: skip
"""Method, path, headers and body, `{}` for a number that is new each time."""


def bytes_in(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def entries(world: World) -> int:
    return int(world.app.state.edge.desks.audit.log.head().size)


def flood(world: World, calls: int) -> tuple[int, int]:
    """Send so many refused calls, fifty a second of the world's clock; return entries and bytes that they left."""
    refusals = world.app.state.edge.refusals
    refusals.flush()
    before = entries(world), bytes_in(world.home)
    for at in range(calls):
        method, path, headers, body = REFUSED[at % len(REFUSED)]
        named = {name: value.replace("{}", str(at)) for name, value in headers.items()}
        answer = world.http.request(
            method, path.replace("{}", str(at)), headers=named, content=body, follow_redirects=False
        )
        assert answer.status_code < 500, (method, path, answer.text)
        if at % 50 == 0:
            world.clock.go_on(1)
    refusals.flush()
    return entries(world) - before[0], bytes_in(world.home) - before[1]


def floods_leave_little(tmp_path: Path, calls: int, capfd: pytest.CaptureFixture[str]) -> str:
    with open_world(tmp_path / "home") as world:
        world.watched = None
        flood(world, 200)
        capfd.readouterr()
        left, grown = flood(world, calls)
        minutes = calls // 50 // 60 + 2
        said = sum(map(len, capfd.readouterr()))
        counted = [change for change in (world.app.state.edge.refusals._refused,) if change]
    assert (said, counted) == (0, [])
    assert left <= 2 * minutes
    assert grown <= 400_000 + 4_000 * minutes
    return f"I3 {calls} refused calls: {left} entries, {grown} bytes in the home, {said} bytes said"


def test_refused_calls_fill_neither_log_nor_disk(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    floods_leave_little(tmp_path, 900, capfd)


@pytest.mark.soak
def test_20000_refused_calls_fill_neither_log_nor_disk(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    said = floods_leave_little(tmp_path, 20_000, capfd)
    with capfd.disabled():
        print(said)


class Impatient(PatientProtocol):
    """The same with shorter times."""

    head_seconds = 0.6
    window_seconds = 0.5
    linger_seconds = 0.4
    reader_seconds = 0.6
    look_seconds = 0.1


@contextmanager
def serving(app: Any, http: type[PatientProtocol]) -> Iterator[int]:
    """Serve as `spe serve` does, and give the port."""
    server = uvicorn.Server(bounded(app, HERE, 0, http))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    end = time.monotonic() + 30
    while not server.started and time.monotonic() < end:
        time.sleep(0.01)
    try:
        yield int(server.servers[0].sockets[0].getsockname()[1])
    finally:
        server.should_exit = True
        thread.join(30)


@pytest.fixture(scope="module")
def world() -> Served:
    return Served()


@pytest.fixture(scope="module")
def port(world: Served) -> Iterator[int]:
    with serving(world.app, Impatient) as found:
        yield found


def opened(port: int, first: bytes = b"") -> socket.socket:
    made = socket.create_connection((HERE, port), timeout=20)
    made.sendall(first)
    return made


def heard(connection: socket.socket) -> bytes:
    """Return all that comes until the other side closes."""
    found = b""
    try:
        while data := connection.recv(65536):
            found += data
    except ConnectionResetError:
        pass
    return found


def cut_off(connection: socket.socket, data: bytes) -> bool:
    """Say whether the other side closes while this is sent again and again."""
    end = time.monotonic() + 20
    connection.settimeout(20)
    try:
        while time.monotonic() < end:
            connection.sendall(data)
            time.sleep(0.001)
    except OSError:
        return True
    return False


def head(path: str, *lines: str, method: str = "GET") -> bytes:
    return "\r\n".join((f"{method} {path} HTTP/1.1", f"Host: {HERE}", *lines, "", "")).encode()


def signed_in(world: Served, *lines: str, path: str = "/v1/requests", method: str = "POST") -> bytes:
    sent = [f"{name}: {value}" for name, value in world.headers("anna.ricci").items()]
    return head(path, *sent, *lines, method=method)


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\n", b"G"], ids=["nothing", "a line", "a letter"])
def test_who_does_not_finish_a_request_loses_the_connection(port: int, begun: bytes) -> None:
    with opened(port, begun) as slow:
        start = time.monotonic()
        for _ in range(40):
            try:
                slow.sendall(b"X" if begun else b"")
                slow.settimeout(0.1)
                if slow.recv(1) == b"":
                    break
            except TimeoutError:
                continue
            except OSError:
                break
        else:
            pytest.fail("still open")
        assert time.monotonic() - start < 20


def test_a_second_request_may_be_no_slower_than_the_first(port: int) -> None:
    with opened(port, head("/healthz")) as connection:
        first = b""
        while not first.endswith(b"}"):
            first += connection.recv(65536)
        connection.sendall(b"GET /healthz HT")
        assert heard(connection) == b""


def test_a_body_that_trickles_is_given_up_and_is_in_the_log(world: Served, port: int) -> None:
    before = len(world.store.log)
    request = signed_in(world, "Content-Type: application/json", "Content-Length: 1000")
    with opened(port, request + b"{") as slow:
        assert b" 200 " not in heard(slow)
    end = time.monotonic() + 20
    while len(world.store.log) == before and time.monotonic() < end:
        time.sleep(0.02)
    assert [entry.event.status for entry in world.store.log[before:]] == [499]  # type: ignore[attr-defined]


def test_who_reads_nothing_of_a_long_answer_loses_the_connection(port: int) -> None:
    many = head("/openapi.json") * 200
    with opened(port) as silent:
        silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        assert cut_off(silent, many)


def test_a_large_body_is_refused_before_it_is_sent(world: Served, port: int) -> None:
    for kind, path in (
        ("application/json", "/v1/requests"),
        ("text/csv", "/v1/holders/hospital-milano/directives"),
    ):
        request = signed_in(world, f"Content-Type: {kind}", "Content-Length: 10000000000", path=path)
        with opened(port, request) as connection:
            assert heard(connection).startswith(b"HTTP/1.1 413 ")


def test_a_large_body_in_chunks_is_refused_at_its_limit(world: Served, port: int) -> None:
    request = signed_in(world, "Content-Type: application/json", "Transfer-Encoding: chunked")
    with opened(port, request) as connection:
        try:
            for _ in range(200):
                connection.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")
        except OSError:
            return
        assert heard(connection).startswith(b"HTTP/1.1 413 ")


def test_of_a_body_that_nobody_wants_no_more_than_a_moment_is_read(port: int) -> None:
    with opened(port, head("/v1/requests", "Content-Length: 10000000000", method="POST")) as connection:
        assert cut_off(connection, b"x" * 65536)


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (head("/healthz", *(f"X-{at}: y" for at in range(70))), 431),
        (head("/healthz", "Range: bytes=" + ",".join(f"{at}-{at}" for at in range(8_000))), 200),
        (head("/" + "x" * 60_000), 404),
        (head("/v1/keys?" + "a=1&" * 15_000), 200),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 20, 400),
        (head("/healthz", "Upgrade: websocket", "Connection: Upgrade"), 200),
        (head("/healthz", "Content-Length: 1", "Content-Length: 2"), 400),
        (head("/healthz", "Content-Length: -1"), 400),
        (head("/healthz", "Transfer-Encoding: gzip, chunked"), 400),
    ],
    ids=["fields", "ranges", "a long path", "a long query", "TLS", "upgrade", "two lengths", "a negative length", "a coding"],
)  # fmt: skip
def test_a_head_that_is_too_much_is_refused_or_ignored(port: int, request_: bytes, status: int) -> None:
    with opened(port, request_) as connection:
        connection.settimeout(20)
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 %d" % status), answer[:100]
    if status == 400:
        assert b"application/problem+json" in answer


def test_a_head_without_an_end_is_refused(port: int) -> None:
    with opened(port, b"GET / HTTP/1.1\r\nX: ") as connection:
        assert cut_off(connection, b"y" * 65536)


def test_what_is_no_http_says_nothing_in_the_servers_own_log(
    port: int, capfd: pytest.CaptureFixture[str]
) -> None:
    capfd.readouterr()
    for _ in range(100):
        with opened(port, b"\x00\x01\x02\r\n\r\n") as connection:
            assert heard(connection).startswith(b"HTTP/1.1 400 ")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "body",
    [
        b"{" + b",".join(b'"%d":1' % at for at in range(1_000_000 // 2)) + b"}",
        b"[" + b"[]," * 1_500_000 + b"[]]",
        b"[" * 2_000_000,
        b'{"a":' * 900_000,
        b"[" + b'"",' * 1_500_000 + b'""]',
        b"9" * 5_000_000,
        b'"' + b"\\u0041" * 800_000 + b'"',
        b'"' + b'\\"' * 2_500_000,
        b'{"a":1' + b" " * 5_000_000 + b"}",
    ],
    ids=[
        "half a million keys",
        "lists",
        "deep lists",
        "deep maps",
        "texts",
        "digits",
        "escapes",
        "an open text",
        "blanks",
    ],
)
def test_json_that_is_made_to_cost_is_bounded_in_memory_and_time(body: bytes) -> None:
    assert len(body) <= PROJECT_LIMIT + 1_500_000
    tracemalloc.start()
    start = time.thread_time()
    try:
        parse_json(body)
    except Malformed:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 96 << 20
    assert time.thread_time() - start < 5


def test_a_project_of_many_lines_is_no_flood() -> None:
    source = "x = {'a': [1, 2, 3], 'b': \"c\"}\n" * 100_000
    sent = json.dumps({"files": [{"path": "main.py", "content": source}]}).encode()
    assert len(source) < PROJECT_LIMIT
    assert parse_json(sent)["files"][0]["content"] == source
    with pytest.raises(Malformed, match="values"):
        parse_json(b"[" + b"1," * (MOST_VALUES * 2) + b"1]" + b" " * (1 << 20))


def test_bodies_that_hold_a_thread_are_few_and_leave_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bodies, "_RECEIVING", threading.BoundedSemaphore(1))

    async def received() -> list[bytes]:
        comes = iter(({"type": "http.request", "body": b"abc", "more_body": False},))

        async def receive() -> Any:
            return next(comes)

        chunks = Chunks(Request({"type": "http", "headers": []}, receive), 10, sha256(b"abc").digest())
        return await asyncio.to_thread(list, chunks)

    assert [asyncio.run(received()) for _ in range(3)] == [[b"abc"]] * 3
    with bodies._RECEIVING, pytest.raises(Unreachable):
        asyncio.run(received())


def asked(port: int, times: int) -> list[float]:
    found = []
    for _ in range(times):
        start = time.perf_counter()
        with opened(port, head("/v1/keys", "Connection: close")) as connection:
            assert heard(connection).startswith(b"HTTP/1.1 200 ")
        found.append(time.perf_counter() - start)
    return found


@pytest.mark.parametrize(
    "begun",
    [b"GET / HTTP/1.1\r\n", head("/sign-in", "Content-Length: 999", method="POST")],
    ids=["heads", "bodies"],
)
def test_others_are_answered_while_hundreds_trickle(begun: bytes) -> None:
    with serving(Served(with_pages=True).app, PatientProtocol) as port, ExitStack() as held:
        for _ in range(200):
            held.enter_context(opened(port, begun))
        assert len(asked(port, 20)) == 20


@pytest.mark.soak
@pytest.mark.parametrize(
    "begun",
    [b"GET / HTTP/1.1\r\n", head("/sign-in", "Content-Length: 999", method="POST")],
    ids=["heads", "bodies"],
)
def test_the_slowest_of_a_hundred_waits_no_longer_while_hundreds_trickle(begun: bytes) -> None:
    with serving(Served(with_pages=True).app, PatientProtocol) as port:
        ratios = []
        for _ in range(7):
            alone = asked(port, 300)
            with ExitStack() as held:
                for _ in range(300):
                    held.enter_context(opened(port, begun))
                beside = asked(port, 300)
            ratios.append(statistics.quantiles(beside, n=100)[98] / statistics.quantiles(alone, n=100)[98])
        print(f"I3 p99 beside 300 slow senders / alone: {statistics.median(ratios):.2f}")
        assert statistics.median(ratios) <= 2
