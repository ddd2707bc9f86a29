"""A run: one execution of approved code. State drives logic; StatusCode tells people why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from spe.audit.events import Event, StaffRef
from spe.audit.events.run import RunEnded, RunStarted


class RunKind(StrEnum):
    """A twin run reads the synthetic twin and may show its errors; a real run may not."""

    TWIN = "twin"
    REAL = "real"


class State(StrEnum):
    """Where a run stands."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    STOPPED = "stopped"


class RunCommand(StrEnum):
    """What happens to a run; `lose` is a worker that ended with the run in it."""

    START = "start"
    FINISH = "finish"
    FAIL = "fail"
    STOP = "stop"
    LOSE = "lose"


TRANSITIONS: Mapping[tuple[State, RunCommand], State] = {
    (State.QUEUED, RunCommand.START): State.RUNNING,
    (State.QUEUED, RunCommand.STOP): State.STOPPED,
    (State.QUEUED, RunCommand.FAIL): State.FAILED,
    (State.RUNNING, RunCommand.FINISH): State.FINISHED,
    (State.RUNNING, RunCommand.FAIL): State.FAILED,
    (State.RUNNING, RunCommand.STOP): State.STOPPED,
    (State.RUNNING, RunCommand.LOSE): State.FAILED,
    # A real run may be stopped until its end is told, so that stopping does not tell it.
    (State.FINISHED, RunCommand.STOP): State.STOPPED,
    (State.FAILED, RunCommand.STOP): State.STOPPED,
}
LEAVES: Mapping[RunCommand, type[Event]] = {
    RunCommand.START: RunStarted,
    RunCommand.FINISH: RunEnded,
    RunCommand.FAIL: RunEnded,
    RunCommand.STOP: RunEnded,
    RunCommand.LOSE: RunEnded,
}
"""What each command leaves in the log, in the very Change that takes the step."""


class StatusCode(StrEnum):
    """Why a run is where it is. Of a real run its user hears only `finished`, `failed` or `stopped_by_holder`."""

    WAITING = "waiting"
    IN_SANDBOX = "in_sandbox"
    DONE = "done"
    CODE_FAILED = "code_failed"
    TIMED_OUT = "timed_out"
    OVER_LIMIT = "over_limit"
    OUTPUTS_REFUSED = "outputs_refused"
    NOT_ADMITTED = "not_admitted"
    STOPPED_BY_USER = "stopped_by_user"
    STOPPED_BY_HOLDER = "stopped_by_holder"
    PERMIT_ENDED = "permit_ended"
    LOST_WITH_WORKER = "lost_with_worker"


@dataclass(frozen=True, slots=True)
class RunError:
    """Where and how a twin run failed; never filled for a real run."""

    error_class: str
    line: int
    file: str


@dataclass(frozen=True, slots=True)
class RunOutput:
    """A declared file that the run left: the layout's name and the SHA-256 of the bytes; "" where it is missing."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One execution, keyed (permit, site). `record` is the signed account of what ran, how isolated, with what limits."""

    table: ClassVar[str] = "run"
    indexed: ClassVar[tuple[str, ...]] = ("permit", "site", "state", "kind", "code")

    id: str
    permit: str
    site: str
    kind: RunKind
    code: str
    digest: str
    by: StaffRef
    parameters: tuple[tuple[str, str], ...]
    queued: int
    state: State = State.QUEUED
    status_code: StatusCode = StatusCode.WAITING
    cohort: str = ""
    rows: str = ""
    ended: int = 0
    error: RunError | None = None
    outputs: tuple[RunOutput, ...] = ()
    record: str = ""
    signature: str = ""


def heard(run: Run, now: int) -> str:
    """Return what the run's user hears: of a real run its state, at the rounded time in `ended`, and nothing finer."""
    if run.kind is RunKind.TWIN:
        return run.status_code
    if run.state in {State.FINISHED, State.FAILED} and now < run.ended:
        return State.RUNNING
    if run.status_code in {StatusCode.STOPPED_BY_HOLDER, StatusCode.PERMIT_ENDED}:
        return StatusCode.STOPPED_BY_HOLDER
    return run.state
