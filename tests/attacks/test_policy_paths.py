"""B5: paths that say one thing to a router and another to whoever decides (the class of CVE-2026-26205).

What is asked of policy comes from the route that matched and from the records that it loads, never from the path as it was sent. So
a policy that refuses everything must be enough: whatever is done to a path, it is answered with data by no route that asks policy, and
it is asked no other gate than that route asks by its plain path.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote

import pytest

from spe.errors import Reason
from spe.policy.model import Question, Verdict
from spe.web.app import api_routes
from spe.web.leaves import is_counted
from tests.attacks.test_api_roles import path_of, peopled
from tests.fakes import FakePoint
from tests.unit.web.served import World

_SLASHES: Final = (
    "//",
    "%2f",
    "%2F",
    "%5c",
    "\\",
    "/./",
    "/../",
    "/%2e%2e/",
    "%252f",
    "%c0%af",
    "%EF%BC%8F",
    "/;/",
    "%2f..%2f",
)
_MARKS: Final = (
    ";",
    ";x=1",
    "%3b",
    "%00",
    "%20",
    "%09",
    "%0d%0a",
    ".",
    "..",
    "%2e",
    "%E2%80%A4",
    "%EF%BC%8E",
    "%ff",
    "%",
    "*",
    "{id}",
    "~",
    "%E2%80%AE",
)
_ENDS: Final = (
    "/",
    "//",
    "%2f",
    "/.",
    "/..",
    "/..;/",
    ".json",
    ";.css",
    "?",
    "?a=/v1/datasets",
    "#x",
    "/%20",
    "/index",
    "%3f",
    "/*",
)
_STARTS: Final = (
    "//",
    "/.",
    "/..",
    "/v1/..",
    "/v1/datasets/..",
    "/%2e",
    "/v1//..",
    "/healthz/..",
    "/;",
    "/v1/datasets/%2e%2e/..",
    "http://x",
    "/V1/..",
)
_ANSWERED: Final = range(200, 400)


@dataclass(slots=True)
class Refusing(FakePoint):
    """Refuses whatever it is asked."""

    gates: set[str] = field(default_factory=set)

    def ask(self, question: Question) -> Verdict:
        self.gates.add(question.gate)
        return Verdict(question.gate, False, (Reason("role_missing"),), (), {}, self.bundle())


@dataclass(frozen=True, slots=True)
class Said:
    """What came of one call: the status, the template that matched ("" for none), and the gates that were asked."""

    status: int
    template: str
    gates: frozenset[str]


class Caller:
    """Calls an application as a server does: the path with its escapes undone, and the bytes that were sent beside it."""

    def __init__(self, world: World, point: Refusing) -> None:
        self.world, self.point = world, point

    async def call(self, method: str, sent: str, headers: Mapping[str, str]) -> Said:
        raw, _, query = sent.partition("#")[0].partition("?")
        started: list[int] = []
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
            "path": unquote(raw), "raw_path": raw.encode(), "query_string": query.encode(), "root_path": "",
            "headers": [(b"host", b"127.0.0.1:8400"), *((name.lower().encode(), value.encode()) for name, value in headers.items())],
            "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8400), "state": {},
        }  # fmt: skip

        bodies = [b"{}" if method == "POST" else b""]

        async def receive() -> Any:
            if bodies:
                return {"type": "http.request", "body": bodies.pop(), "more_body": False}
            await asyncio.Event().wait()
            return None

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                started.append(message["status"])

        self.point.gates = set()
        await self.world.app(scope, receive, send)
        route: Any = scope.get("route")
        return Said(started[0], getattr(route, "path", ""), frozenset(self.point.gates))


def _plain(route: Any) -> str:
    return path_of(route.path, known=True) if route.path.startswith("/v1/") else str(route.path)


def tricked(rng: random.Random, path: str) -> str:
    """Return `path` as somebody sends it who hopes that it is read twice."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        path = rng.choice(_TRICKS)(rng, path)
    return path


def _slash(rng: random.Random, path: str) -> str:
    at = rng.choice([at for at, letter in enumerate(path) if letter == "/"] or [0])
    return path[:at] + rng.choice(_SLASHES) + path[at + 1 :]


def _mark(rng: random.Random, path: str) -> str:
    at = rng.randrange(len(path) + 1)
    return path[:at] + rng.choice(_MARKS) + path[at:]


def _escaped(rng: random.Random, path: str) -> str:
    at = rng.randrange(len(path))
    return path[:at] + f"%{ord(path[at]):02x}" + path[at + 1 :] if ord(path[at]) < 128 else path


def _case(rng: random.Random, path: str) -> str:
    at = rng.randrange(len(path))
    return path[:at] + path[at].swapcase() + path[at + 1 :]


def _other_end(rng: random.Random, path: str) -> str:
    return (
        path
        + rng.choice(("/../", "/..;/", "%2f..%2f", ";/"))
        + rng.choice(("me", "export", "case", "log", "file"))
    )


_TRICKS: Final[tuple[Callable[[random.Random, str], str], ...]] = (
    _slash, _slash, _mark, _escaped, _escaped, _escaped, _case, _other_end,
    lambda rng, path: path + rng.choice(_ENDS),
    lambda rng, path: rng.choice(_STARTS) + path,
)  # fmt: skip


@pytest.mark.parametrize(
    "times", [1500, pytest.param(100_000, marks=[pytest.mark.soak, pytest.mark.timeout(7200)])]
)
def test_no_path_however_it_is_written_is_answered_past_a_policy_that_refuses(times: int) -> None:
    point = Refusing()
    world = peopled(point)
    caller, rng = Caller(world, point), random.Random(5)
    routes = [(method, route) for route in api_routes(world.app) for method in sorted(route.methods or ())]
    templates = {route.path for _, route in routes}
    unasked = {route.path for _, route in routes if is_counted(route)}

    async def fuzzed() -> Counter[str]:
        told: Counter[str] = Counter()
        headers = world.headers("anna.ricci")
        plain = {}
        for method, route in routes:
            said = await caller.call(method, _plain(route), headers)
            plain[method, route.path] = said
            assert said.template == route.path
        free = {
            template for (_, template), said in plain.items() if said.status in _ANSWERED and not said.gates
        }
        for at in range(times):
            headers["Idempotency-Key"] = f"key-number-{at}"
            method, route = rng.choice(routes)
            path = tricked(rng, _plain(route))
            signed_in = rng.random() < 0.8
            said = await caller.call(method, path, headers if signed_in else {})
            where = f"{method} {path!r}: {said}"
            assert said.status < 500, where
            assert not 300 <= said.status < 400, where
            assert said.template in templates | {""}, where
            expected = plain.get((method, said.template))
            assert said.gates <= (expected.gates if expected else set()), where
            if said.status in _ANSWERED:
                assert said.template in (free if signed_in else unasked), where
            told["matched" if said.template else "unmatched"] += 1
            told["refused" if said.gates else "not asked"] += 1
        return told

    told = asyncio.run(fuzzed())
    print(f"B5: 0 of {times} paths answered past policy; {dict(told)}")
    assert told["matched"] > times / 10
    assert told["refused"] > times / 30
