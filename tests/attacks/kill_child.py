"""What is killed: a server with its callers and a worker, each in a process of its own, writing down all they commit.

A journal line goes out before each commit (what is meant) and after it (what was answered); what was written to a file
before a SIGKILL stays. `Fuse` ends the process by SIGKILL at the n-th step, a step being the begin or end of an SQL
statement, or a file that is renamed, linked or removed.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from multiprocessing.synchronize import Event as Ready
from pathlib import Path
from typing import Any, cast

from fastapi.testclient import TestClient
from sqlalchemy import Engine

from spe.adapters.database.committer import DatabaseCommitter
from spe.adapters.database.prepared import as_text
from spe.audit.change import Change
from spe.audit.encode import encode
from spe.audit.events import StaffRef, SubjectRef
from spe.errors import SpeError
from spe.policy.trail import use_case
from spe.values import to_data
from spe.web import main as server
from spe.worker import main as worker_process
from spe.worker.loop import Worker
from tests.builders import MILANO, THERAPY_TABLE, application, patients, project
from tests.cast import Cast
from tests.fakes import FixedClock
from tests.statements import hear, watch
from tests.world import Refused, World, settings_for

_FILES = {"os.rename", "os.link", "os.remove"}
# A fuse may be lit when connections are open already.
watch(Engine)


class Wall(FixedClock):
    """The machine's clock, for worlds whose processes must agree on the time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def go_on(self, seconds: float) -> None:
        time.sleep(0.02)


class Hidden:
    """Identities whose output `fingerprint` leaves out anyway."""

    def seal_staff(self, staff: StaffRef) -> str:
        return staff[:0]

    def digest_subject(self, subject: SubjectRef, nonce: str) -> str:
        return subject[:0] + nonce[:0]

    def digest_record(self, table: str, id_: str) -> str:
        return f"{table}/{id_}"


@dataclass
class Fuse:
    """Kills this process at its n-th step; 0: never."""

    at: int
    steps: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def burn(self) -> None:
        """Take one step."""
        if next(self.steps) == self.at:
            os.kill(os.getpid(), signal.SIGKILL)

    def light(self) -> None:
        """Count from now on."""
        hear(lambda _: self.burn(), lambda _: self.burn())
        sys.addaudithook(lambda name, _: self.burn() if name in _FILES else None)


class Journal:
    """Appends lines to a file of this process's own."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        path = folder / f"{os.getpid()}-{time.monotonic_ns()}.jsonl"
        self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_EXCL, 0o600)
        self._numbers = itertools.count()

    def listen(self) -> None:
        """Write down everything that is committed from now on."""
        commit = DatabaseCommitter.commit

        def journaled(committer: DatabaseCommitter, change: Change) -> int:
            number = next(self._numbers)
            self._write(number=number, meant=described(change))
            try:
                index = commit(committer, change)
            except SpeError as error:
                self._write(number=number, refused=type(error).__name__)
                raise
            self._write(number=number, index=index)
            return index

        setattr(DatabaseCommitter, "commit", journaled)  # noqa: B010 - a plain assignment has another type

    def _write(self, **line: Any) -> None:
        os.write(self._handle, json.dumps(line).encode() + b"\n")


def described(change: Change) -> dict[str, Any]:
    """Return what must be found if `change` was committed, and nothing of which if it was not."""
    return {
        "entries": [fingerprint(encode(entry, Hidden())) for entry in change.entries],
        "puts": [
            [type(put.value).table, put.value.id, put.expects + 1, digest(as_text(to_data(put.value)))]
            for put in change.puts
        ],
        "facts": len(change.facts),
        "handled": list(change.handled),
        "call": change.call.key if change.call and change.puts else None,
    }


def fingerprint(raw: bytes) -> str:
    """Return a digest of an entry without what is random or hidden in it."""
    entry = json.loads(raw)
    return digest(
        json.dumps([entry["at"], entry["type"], entry["bundle"], _open(entry["data"])], sort_keys=True)
    )


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:32]


def _open(value: Any) -> Any:
    if isinstance(value, dict):
        return (
            "*"
            if set(value) in ({"sealed"}, {"digest"})
            else {key: _open(item) for key, item in value.items()}
        )
    return [_open(item) for item in value] if isinstance(value, list) else value


def work(home: Path, journal: Path, fuse: int, ready: Ready) -> None:
    """Be the worker until killed."""
    os.setsid()
    Journal(journal).listen()
    Fuse(fuse).light()
    with worker_process.opened(settings_of(home), Wall()) as worker:
        ready.set()
        worker.run(threading.Event())


def serve(home: Path, journal: Path, fuse: int, ready: Ready, permit: str, code: str) -> None:
    """Be the server and its callers until killed."""
    os.setsid()
    Journal(journal).listen()
    Fuse(fuse).light()
    settings = settings_of(home)
    with server.opened(settings, Wall()) as app:
        acts = (submitting, directing, granting, running(permit, code), coding(permit))

        def call(act: Callable[[Cast, int], None], at: int) -> None:
            http = TestClient(app, base_url="http://127.0.0.1:8400")
            world = World(settings, Wall(), app, http, cast(Worker, Elsewhere()))
            world._numbers = itertools.count(at * 10_000_000 + time.time_ns() // 1000 % 10**10 * 10**8)
            for number in itertools.count():
                with suppress(Exception):
                    act(Cast(world), number)

        threads = [threading.Thread(target=call, args=(act, at)) for at, act in enumerate(acts)]
        ready.set()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def settings_of(home: Path) -> Any:
    return replace(settings_for(home), round_seconds=1)


class PatientWorld(World):
    """A world for setting up on a busy machine: what no policy engine had time for is asked or tried again."""

    def call(self, who: str, method: str, path: str, **sent: Any) -> Any:
        for _ in range(20):
            try:
                return World.call(self, who, method, path, **dict(sent))
            except Refused as refused:
                if refused.status != 503:
                    raise
                time.sleep(0.2)
        return World.call(self, who, method, path, **sent)

    def tick(self, times: int = 1) -> None:
        for _ in range(60):
            World.tick(self, times)
            if not self.worker.patience.failures:
                return
            self.worker.patience.failures.clear()
            time.sleep(0.5)


@contextmanager
def whole(home: Path) -> Iterator[World]:
    """Open server and worker in one process, on the machine's clock."""
    settings, clock = settings_of(home), Wall()
    with (
        server.opened(settings, clock) as app,
        worker_process.opened(settings, clock) as worker,
        TestClient(app, base_url="http://127.0.0.1:8400") as http,
    ):
        world = PatientWorld(settings, clock, app, http, worker)
        world._numbers = itertools.count(time.time_ns() // 1000)
        yield world


class Elsewhere:
    """The worker is another process: to tick it is to wait a little."""

    def tick(self) -> None:
        time.sleep(0.05)


def submitting(people: Cast, number: int) -> None:
    case = people.researcher.submits(application(patients()))
    if number % 2:
        people.world.call(people.researcher.id, "POST", f"/requests/{case}/withdraw")


def directing(people: Cast, number: int) -> None:
    subjects, kinds = patients().subjects, ("withdrawal", "consent")
    chosen = random.Random(number).sample(subjects, 3)
    people.holder().records(MILANO, *((subject, kinds[number % 2], "e") for subject in chosen))
    time.sleep(0.1)


def granting(people: Cast, number: int) -> None:
    case = people.researcher.submits(application(patients()))
    committee = people.committee
    committee.opines(case)
    committee.declares(case)
    committee.votes(case)
    committee.decides(case)
    permit = people.world.until(lambda: committee.chair.get(f"/requests/{case}/permit"), 5)["id"]
    for verb in ("suspend", "resume"):
        committee.tells(permit, verb, "a look")


def running(permit: str, code: str) -> Callable[[Cast, int], None]:
    def start(people: Cast, number: int) -> None:
        people.researcher.starts(permit, MILANO, code, kind="twin", seconds=0 if number % 4 else 8)
        time.sleep(0.4)

    return start


def coding(permit: str) -> Callable[[Cast, int], None]:
    def register(people: Cast, number: int) -> None:
        people.given_code(permit, project(THERAPY_TABLE, title=f"Counts {number} {time.time_ns()}"))
        time.sleep(0.2)

    return register


def one_office(home: Path, name: str, fuse: int) -> None:
    """Be a worker that does all the work of one office, and dies at its n-th step."""
    os.setsid()
    with worker_process.opened(settings_of(home), Wall()) as worker:
        office = next(one for one in worker.offices if type(one).__name__ == name)
        Fuse(fuse).light()
        for key in office.pending():
            with use_case():
                office.reconcile(key)
