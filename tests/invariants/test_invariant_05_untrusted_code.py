"""Untrusted code has no way out, and of a run on real rows its user hears that it ended, at a rounded time, and nothing else."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from spe.audit.change import Change, Entry, Put
from spe.audit.events import StaffRef
from spe.audit.events.run import RunEnded
from spe.identity.model import WORKER
from spe.policy.enforce import Enforcer
from spe.run import service
from spe.run.model import Run, RunError, RunKind, RunOutput, State, StatusCode, heard
from spe.run.service import RunDesk
from tests.attacks.sandbox_world import Box, new_box, report
from tests.builders import CHECKOUT
from tests.fakes import FakePoint, FixedClock, MemoryStore, someone
from tests.unit.policy.good_questions import PERMIT

Look = Callable[[str], Any]
LOOKS = """
import json, os, pathlib, socket
def attempt(act):
    try:
        return "got " + str(act())
    except OSError as error:
        return type(error).__name__
found = {
    "the network": attempt(lambda: socket.create_connection(("127.0.0.1", PORT), timeout=2)),
    "the host's files": attempt(lambda: os.listdir("HOST")),
    "the worker's environment": attempt(lambda: {}[0]) if "SPE_TEST_SECRET" not in os.environ else "got it",
    "the host's processes": attempt(lambda: os.kill(PARENT, 0)),
}
pathlib.Path("/outputs/report.json").write_text(json.dumps(found))
""".replace("attempt(lambda: {}[0])", '"KeyError"')


def contained(look: Look) -> None:
    """Let a program look for what listens on this machine, its files, the worker's environment and its processes."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        program = LOOKS.replace("PORT", str(listening.getsockname()[1])).replace("HOST", str(CHECKOUT))
        found = look(program.replace("PARENT", str(os.getpid())))
    assert len(found) == 4
    for what, met in found.items():
        assert not met.startswith("got"), f"the program has {what}"


def unheard() -> None:
    """Ask as the user of a real run that failed with a message, one that wrote files, one stopped by its permit's end."""
    store, clock = MemoryStore(), FixedClock()
    pep = Enforcer(store, FakePoint(), store, clock)
    now = int(clock.now().timestamp())
    base = Run(
        id="rn", permit=PERMIT.id, site="hospital-1", kind=RunKind.REAL, code="co", digest="d", by=StaffRef("rosa"),
        parameters=(), queued=now, ended=now,
    )  # fmt: skip
    error, files = RunError("SubjectMi7", 3, "main.py"), (RunOutput("secret-name", "a" * 64),)
    runs = {
        "failed": replace(
            base, id="rn-1", state=State.FAILED, status_code=StatusCode.OVER_LIMIT, error=error
        ),
        "finished": replace(
            base, id="rn-2", state=State.FINISHED, status_code=StatusCode.DONE, outputs=files
        ),
        "stopped_by_holder": replace(
            base, id="rn-3", state=State.STOPPED, status_code=StatusCode.PERMIT_ENDED
        ),
        "running": replace(
            base, id="rn-4", state=State.FAILED, status_code=StatusCode.TIMED_OUT, ended=now + 37
        ),
    }
    entry = Entry(WORKER.who(), RunEnded("rn", "", "", ""), clock.now())
    puts = (Put(PERMIT, 0), *(Put(run, 0) for run in runs.values()))
    store.commit(Change(entries=(entry,), puts=puts))
    desk = RunDesk(pep, None, None)  # type: ignore[arg-type]
    for name, run in runs.items():
        told = desk.show(someone("rosa"), run.id)
        assert set(told) == {"id", "permit", "site", "kind", "code", "state"}, (
            f"more is told of a run that {name}"
        )
        assert told["state"] == name, f"a run that is {name} is told as {told['state']}"


@pytest.fixture(scope="module")
def box() -> Iterator[Box]:
    opened = new_box(control_groups=False)
    yield opened
    opened.sandbox.close()


@pytest.mark.sandbox
def test_a_program_gets_out_nowhere(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPE_TEST_SECRET", "x")
    contained(lambda program: report(box.run(program)))


def test_a_way_out_is_seen_when_the_sandbox_is_a_plain_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The adapter starts the program as any process of this machine."""

    def bare(program: str) -> Any:
        here = program.replace("/outputs", str(tmp_path))
        subprocess.run([sys.executable, "-W", "ignore", "-c", here], check=True)
        return json.loads((tmp_path / "report.json").read_text())

    monkeypatch.setenv("SPE_TEST_SECRET", "x")
    with pytest.raises(AssertionError, match="the program has the network"):
        contained(bare)


def test_nothing_is_heard_of_a_real_run_but_that_it_ended() -> None:
    unheard()


def _reveal_code(patch: pytest.MonkeyPatch) -> None:
    """The user hears the status code, which tells a time-out from a mistake from a full memory."""
    patch.setattr(service, "heard", lambda run, _now: run.status_code)


def _at_once(patch: pytest.MonkeyPatch) -> None:
    """The user hears of the end when it comes, not at the rounded time."""
    real = heard
    patch.setattr(service, "heard", lambda run, _now: real(run, 2**40))


def _like_a_twin(patch: pytest.MonkeyPatch) -> None:
    """The user hears error and outputs of a real run as of a twin run."""
    patch.setattr(service, "RunKind", type("RunKind", (), {"TWIN": RunKind.REAL, "REAL": RunKind.REAL}))


@pytest.mark.parametrize("broken", [_reveal_code, _at_once, _like_a_twin])
def test_hearing_is_seen_when(
    monkeypatch: pytest.MonkeyPatch, broken: Callable[[pytest.MonkeyPatch], None]
) -> None:
    broken(monkeypatch)
    with pytest.raises(AssertionError):
        unheard()
