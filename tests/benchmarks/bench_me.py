"""An authenticated route answered from warm caches (`GET /v1/me`) beside a raw ASGI application on the same server.

Run `python -m tests.benchmarks.bench_me [rounds]`. Each server is a process on core 0, run with the settings that ours is served
with; one load generator on core 1 keeps 32 connections busy, without a client library. All answer the same bytes, which is looked
at first. The third arm commits an entry for each look (SQLite, synchronous=FULL), as other signed-in calls do. Rates are requests per
second that the server's process was on a core (all its threads), so that other work on the machine doesn't count; what
waits for the disk doesn't either, so the rates by the clock are printed beside them. Then: what checking a token that is
remembered takes of one request.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from spe.adapters.personas import PersonaIssuer
from spe.adapters.tokens import TokenVerifier
from spe.clock import SystemClock
from spe.web.calls import bearer_of
from tests.benchmarks.me_server import BODY
from tests.benchmarks.rounds import ROUNDS, Rounds, there_and_back

CONNECTIONS = 32
SECONDS = 0.5
PERSONA = "ruth.keller"
_CHECKS = 20_000


@dataclass(slots=True)
class Served:
    """A server that runs, what it is asked, and how many answers it gave by the clock in each measurement."""

    port: int
    pid: int
    sent: bytes = b""
    by_clock: list[float] = field(default_factory=list)

    def on_core(self) -> float:
        """Return how many seconds its threads have been on a core."""
        spent = 0
        for thread in Path(f"/proc/{self.pid}/task").iterdir():
            with suppress(FileNotFoundError, ProcessLookupError):
                spent += int((thread / "schedstat").read_text().split()[0])
        return spent / 1e9

    def per_second(self) -> float:
        """Keep it busy, and return how many requests it answers in a second on a core."""
        before = self.on_core()
        done, took = asyncio.run(_busy(self.port, self.sent, SECONDS))
        self.by_clock.append(done / took)
        return done / (self.on_core() - before)


@contextmanager
def served(kind: str, home: Path) -> Iterator[Served]:
    """Run a server."""
    line = [sys.executable, "-m", "tests.benchmarks.me_server", kind, str(home)]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield Served(int(process.stdout.readline()), process.pid)
        process.stdin.close()
        process.wait(60)


def request(token: str) -> bytes:
    """Return the request's bytes."""
    return f"GET /v1/me HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


async def _asked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sent: bytes) -> bytes:
    writer.write(sent)
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200"), head
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    return await reader.readexactly(int(length.partition(b":")[2]))


async def _busy(port: int, sent: bytes, seconds: float) -> tuple[int, float]:
    end, done = time.perf_counter() + seconds, 0

    async def one() -> None:
        nonlocal done
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < end:
            await _asked(reader, writer, sent)
            done += 1
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(CONNECTIONS)))
    return done, time.perf_counter() - began


def answer(one: Served) -> bytes:
    """Return the body of one answer."""

    async def once() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", one.port)
        body = await _asked(reader, writer, one.sent)
        writer.close()
        return body

    return asyncio.run(once())


def token_seconds() -> float:
    """Return how long it takes to find the bearer token of a request and whom it speaks of, remembered."""
    clock = SystemClock()
    issuer = PersonaIssuer("s", clock)
    verifier = TokenVerifier(issuer.expected(), issuer.jwks, clock)
    token = issuer.token(PERSONA, "s")
    verifier.verify(token)
    began = time.process_time()
    for _ in range(_CHECKS):
        verifier.remembered(bearer_of([f"Bearer {token}"]))
    return (time.process_time() - began) / _CHECKS


def token_of(port: int, home: Path) -> str:
    """Sign in at a demo server."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    headers = {
        "X-Persona-Secret": (home / "persona-secret").read_text().strip(),
        "Content-Type": "application/json",
    }
    connection.request("POST", "/demo/token", json.dumps({"persona": PERSONA}), headers)
    token = str(json.loads(connection.getresponse().read())["token"])
    connection.close()
    return token


def main(rounds: int) -> None:
    """Measure and tell."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as closing:
        folder = Path(name)
        counted, each = (closing.enter_context(served(kind, folder / kind)) for kind in ("counted", "each"))
        counted.sent = request(token_of(counted.port, folder / "counted"))
        each.sent = request(token_of(each.port, folder / "each"))
        body = answer(counted)
        (folder / BODY).write_bytes(body)
        raw = closing.enter_context(served("raw", folder))
        raw.sent = counted.sent
        assert answer(raw) == body
        assert len(answer(each)) == len(body)  # personas' times are those of their sign-in
        os.sched_setaffinity(0, {1})
        arms = (raw, counted, each)
        for arm in arms:
            arm.per_second()
        rates = [arm.per_second for arm in arms]
        found = Rounds([there_and_back(rates) for _ in range(rounds)], [True] * rounds)
    _tell(found, arms)


def _tell(found: Rounds, arms: Sequence[Served]) -> None:
    check = token_seconds()
    for at, title in enumerate(("raw ASGI", "/v1/me", "/v1/me, an entry each")):
        print(
            f"  {title:24} {found.arm(at):8,.0f}/s on a core {median(arms[at].by_clock):8,.0f}/s by the clock"
        )
    print(f"  /v1/me / raw             {found.ratio(1, 0)}  (aim 0.3)")
    print(f"  an entry each / raw      {found.ratio(2, 0)}")
    print(
        f"  token check              {check * 1e6:.1f} us, {check * found.arm(1):.1%} of a request (aim 5 %)"
    )
    print(found)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)
