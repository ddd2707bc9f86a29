"""A whole installation in a temporary home, its clock in the test's hand, its worker ticked by hand.

Server and worker are opened as in production, over the same SQLite database, sealed vault, policy engine and sandbox;
nothing is replaced. Everybody speaks through the API, and every answer is kept, to be searched afterwards. What is
committed is watched: no step and no call may leave what isn't declared.
"""

from __future__ import annotations

import base64
import hashlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from fastapi import FastAPI
from fastapi.testclient import TestClient

from spe.settings import Settings, read_settings
from spe.web import main as server
from spe.wiring.home import Home
from spe.worker import main as worker_process
from spe.worker.loop import Worker
from tests.builders import CHECKOUT
from tests.declared import Document
from tests.fakes import FixedClock
from tests.watched import Watched, declared_of, watched

_Office = TypeVar("_Office")
_PATIENCE = 20.0
_RENEW = 300


class Refused(Exception):
    """The API answered with a problem: `codes` are policy's reasons, or the problem's own name where it has none."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status, self.problem = status, problem
        reasons = [str(reason["code"]) for reason in problem.get("reasons", [])]
        self.codes = tuple(reasons) or (str(problem["type"]).rpartition(":")[2],)
        super().__init__(f"{status} {', '.join(self.codes)}: {problem.get('detail', '')}")


@dataclass(frozen=True, slots=True)
class Heard:
    """One answer of the API, as one person heard it."""

    who: str
    method: str
    path: str
    status: int
    content: bytes
    kind: str


@dataclass(slots=True)
class World:
    """The installation, and what everybody heard of it."""

    settings: Settings
    clock: FixedClock
    app: FastAPI
    http: TestClient
    worker: Worker
    watched: Watched | None = None
    document: Document | None = None
    heard: list[Heard] = field(default_factory=list)
    _tokens: dict[str, tuple[float, str]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def home(self) -> Path:
        return self.settings.home

    def office(self, kind: type[_Office]) -> _Office:
        """Return one of the worker's offices."""
        return next(office for office in self.worker.offices if isinstance(office, kind))

    def call(self, who: str, method: str, path: str, **sent: Any) -> Any:
        """Call the API as `who` and return what it says, parsed; raise `Refused` where it answers with a problem."""
        headers = {"Authorization": f"Bearer {self._token(who)}", **sent.pop("headers", {})}
        if method == "POST":
            headers["Idempotency-Key"] = f"story-{next(self._numbers):08d}"
        answer = self._sent(who, method, path, headers, sent)
        if "insufficient_user_authentication" in answer.headers.get("www-authenticate", ""):
            headers["Authorization"] = f"Bearer {self._token(who, second_factor=True)}"
            answer = self._sent(who, method, path, headers, sent)
        kind = answer.headers.get("content-type", "").partition(";")[0]
        self.heard.append(Heard(who, method, path, answer.status_code, answer.content, kind))
        if answer.status_code >= 400:
            raise Refused(answer.status_code, answer.json())
        return answer.json() if kind == "application/json" else answer.content

    def _sent(self, who: str, method: str, path: str, headers: dict[str, str], sent: dict[str, Any]) -> Any:
        before = len(self.watched.changes) if self.watched else 0
        answer = self.http.request(method, f"/v1{path}", headers=headers, **sent)
        bare = f"/v1{path.partition('?')[0]}"
        if self.document:
            assert not (
                wrong := self.document.broken(self.document.template(method, bare), method, answer)
            ), wrong
        if self.watched:
            left = self.watched.types_since(before, who)
            assert left
            assert left <= declared_of(self.app, method, bare), f"{method} {path}"
        return answer

    def tick(self, times: int = 1) -> None:
        """Let a second pass and the worker look at everything once, `times` times."""
        for _ in range(times):
            self.clock.go_on(1)
            self.worker.tick()

    def until(self, holds: Callable[[], Any], seconds: float = _PATIENCE) -> Any:
        """Tick until `holds` gives something true, and return that; fail after `seconds` of real time."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.tick()
            found = holds()
            if found:
                return found
            time.sleep(0.02)
        raise TimeoutError("the worker did not get there")

    def sealed(self, name: str) -> Path:
        """Return the file on disk of a sealed object."""
        return Home(self.home).sealed(name)

    @contextmanager
    def tampered(self, name: str) -> Iterator[None]:
        """Flip the last byte of a sealed object on disk; put it back at the end."""
        file = self.sealed(name)
        before = file.read_bytes()
        file.write_bytes(before[:-1] + bytes((before[-1] ^ 1,)))
        try:
            yield
        finally:
            file.write_bytes(before)

    def _token(self, who: str, *, second_factor: bool = False) -> str:
        now = self.clock.now().timestamp()
        made, token = self._tokens.get(who, (0.0, ""))
        if not token or now - made > _RENEW or second_factor:
            secret = (self.home / "persona-secret").read_text().strip()
            answer = self.http.post(
                "/demo/token",
                json={"persona": who, "second_factor": second_factor},
                headers={"X-Persona-Secret": secret},
            )
            self._tokens[who] = (now, token := answer.json()["token"])
        return token


def digest_header(content: bytes) -> str:
    """Return the Content-Digest field (RFC 9530) of a body."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(content).digest()).decode()}:"


def settings_for(home: Path) -> Settings:
    """Return the settings of a test's installation: this machine's caches and servers, everything else in `home`."""
    ours = read_settings({name: value for name, value in os.environ.items() if name in _OURS})
    patient = replace(ours, policy_milliseconds=20_000, log_milliseconds=20_000)
    return replace(patient, home=home, policies=CHECKOUT / "policies", demo=True)


@contextmanager
def open_world(home: Path, **changes: Any) -> Iterator[World]:
    """Open an installation in `home`, where there is one already or not; `changes` are settings."""
    clock = changes.pop("clock", None) or FixedClock()
    settings = replace(settings_for(home), **changes)
    with (
        watched(settings.database) as seen,
        server.opened(settings, clock) as app,
        worker_process.opened(settings, clock) as worker,
        TestClient(app, base_url="http://127.0.0.1:8400") as http,
    ):
        yield World(settings, clock, app, http, worker, seen, Document(app))


_OURS = frozenset({"SPE_CACHE", "SPE_RUNTIME_VENV", "SPE_POLICY_POINT", "SPE_POLICY_URL"})
