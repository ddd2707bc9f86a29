"""The worker's part: queued runs enter sandboxes, and leave them when what admitted them no longer holds."""

from __future__ import annotations

from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass, replace
from threading import Event as Flag

import structlog

from spe.audit.change import Change, Entry, Expect, Put
from spe.audit.events import Event
from spe.audit.events.run import RunEnded, RunStarted
from spe.audit.events.workspace import DataUnsealed
from spe.audit.receipts import Action, Answered, Happened
from spe.audit.records import Stored
from spe.code.model import Code
from spe.cohort.model import Cohort
from spe.cohort.place import Members
from spe.consent.model import Ledger
from spe.errors import Conflict, Denied, SpeError, Unreachable
from spe.identity.model import WORKER
from spe.permit.model import DataPermit, PermitStatus
from spe.permit.reaction import demanded
from spe.policy.enforce import Effect, Enforcer, Relied
from spe.run.active import Active
from spe.run.admission import Admission
from spe.run.ending import Ending
from spe.run.job import Jobs
from spe.run.model import TRANSITIONS, Run, RunCommand, RunKind, State, StatusCode
from spe.states import step
from spe.workspace import questions as workspace_questions
from spe.workspace.model import Workspace, WorkspaceStatus
from spe.workspace.sandbox import Sandbox

_GONE_WITHIN = 10.0
_LOG = structlog.get_logger("spe.run")


@dataclass(frozen=True, slots=True)
class Mounted:
    """What a mount relied on; nothing of it for a twin run."""

    cohort: Stored[Cohort] | None = None
    place: Stored[Workspace] | None = None
    ledger: Stored[Ledger] | None = None

    def relied(self) -> Relied:
        """Return what must still hold when the run starts."""
        return tuple(one for one in (self.cohort, self.place, self.ledger) if one is not None)


@dataclass(frozen=True, slots=True)
class RunOffice:
    """Starts, watches and stops runs; one of the holders that hear of facts."""

    pep: Enforcer
    admission: Admission
    jobs: Jobs
    sandbox: Sandbox
    ending: Ending
    members: Members
    active: Active
    pool: Executor
    name: str = "run"

    def pending(self) -> tuple[str, ...]:
        """Return queued runs that there is room for, and running ones whose worker is gone."""
        running = (stored.value.id for stored in self.pep.records.each(Run, state=State.RUNNING))
        lost = [id_ for id_ in running if id_ not in self.active]
        queued = [stored.value.id for stored in self.pep.records.find(Run, state=State.QUEUED, limit=100)]
        room = self.active.room() - self._untold() if queued else 0
        return (*lost, *queued[: max(room, 0)])

    def reconcile(self, id_: str) -> None:
        """Start one queued run, or note that one was lost with its worker."""
        run = self.pep.load(WORKER.who(), Run, id_).value
        if run.state is State.RUNNING and id_ not in self.active:
            self._end(run, RunCommand.LOSE, StatusCode.LOST_WITH_WORKER)
        elif run.state is State.QUEUED:
            self._start(run)

    def busy(self, permit: str, site: str) -> bool:
        """Say whether a sandbox of this permit is alive at this site."""
        return self.active.any_at(permit, site)

    def watch(self) -> None:
        """Stop every active run whose permit or workspace no longer stands behind it."""
        for id_ in self.active.ids():
            stored = self.pep.records.get(Run, id_)
            if stored is None or stored.value.state is not State.RUNNING:
                self.active.stop(id_)
            elif (why := self._why_stop(stored.value)) is not None:
                self._end(stored.value, RunCommand.STOP, why)
                self.active.stop(id_)

    def react(self, fact: Happened) -> tuple[Answered, ...]:
        """Stop the runs that a fact says must stop, and answer once their sandboxes are gone."""
        runs = [stored.value for stored in self.pep.records.each(Run, state=State.RUNNING)]
        runs += [stored.value for stored in self.pep.records.each(Run, state=State.QUEUED)]
        real = [run for run in runs if run.kind is RunKind.REAL]
        return tuple(answer for run in real if (answer := self._heed(run, fact)) is not None)

    def _untold(self) -> int:
        """Count the real runs whose end is not told yet: they keep their place, or the next start would tell it."""
        now = self.pep.now()
        ended = [
            self.pep.records.each(Run, state=state, kind=RunKind.REAL)
            for state in (State.FINISHED, State.FAILED)
        ]
        return sum(
            stored.value.ended > now and stored.value.id not in self.active
            for found in ended
            for stored in found
        )

    def _heed(self, run: Run, fact: Happened) -> Answered | None:
        if fact.kind in {"permit.suspended", "permit.revoked"}:
            return self._stop(run, StatusCode.PERMIT_ENDED) if run.permit == fact.data["permit"] else None
        if fact.kind != "directive.recorded" or run.site != fact.data["holder"]:
            return None
        if run.state is State.QUEUED or not self.members.holds(
            f"{run.permit}.{run.site}", run.rows, str(fact.data["subject"])
        ):
            return Answered(self.name, run.id, Action.NOT_HELD)
        rule = demanded(self.pep, fact, run.permit, run.site, run.id)
        if not rule.stop_runs:
            return Answered(self.name, run.id, Action.LAWFUL_TO_KEEP)
        return self._stop(run, StatusCode.STOPPED_BY_HOLDER)

    def _stop(self, run: Run, why: StatusCode) -> Answered:
        self._end(run, RunCommand.STOP, why)
        self.active.stop(run.id)
        if not self.active.wait_gone(run.id, _GONE_WITHIN):
            raise Unreachable("a sandbox did not end yet")
        return Answered(self.name, run.id, Action.STOPPED)

    def _why_stop(self, run: Run) -> StatusCode | None:
        if run.kind is RunKind.TWIN:
            return None
        permit = self.pep.load(WORKER.who(), DataPermit, run.permit).value
        if permit.status is not PermitStatus.ISSUED or self.pep.now() >= permit.expires:
            return StatusCode.PERMIT_ENDED
        place = self.pep.records.get(Workspace, permit.at_site(run.site))
        if place is None or place.value.status is not WorkspaceStatus.OPEN:
            return StatusCode.PERMIT_ENDED
        return None

    def _start(self, run: Run) -> None:
        permit = self.pep.load(WORKER.who(), DataPermit, run.permit)
        code = self.pep.load(WORKER.who(), Code, run.code)
        flag = self.active.enter(run)
        try:
            question = self.admission.question(WORKER, run, permit.value, code.value)
            self.pep.admit(WORKER.who(), question, run.id)
            mounted = self._mount(run, permit.value) if run.kind is RunKind.REAL else Mounted()
            started = self._commit_start(run, mounted, (*mounted.relied(), permit, code))
        except Denied:
            self.active.leave(run.id)
            self._end(run, RunCommand.FAIL, StatusCode.NOT_ADMITTED)
            return
        except SpeError:
            self.active.leave(run.id)
            raise
        cohort = mounted.cohort.value if mounted.cohort else None
        self.pool.submit(self._execute, started, code.value, permit.value, cohort, flag)

    def _mount(self, run: Run, permit: DataPermit) -> Mounted:
        """Ask whether the data may be unsealed; what the answer relied on must still hold when the run starts."""
        key = permit.at_site(run.site)
        cohort = self.pep.load(WORKER.who(), Cohort, key)
        place = self.pep.load(WORKER.who(), Workspace, key)
        ledger = self.pep.records.get(Ledger, run.site) or Stored(Ledger(run.site), 0)
        current = cohort.value.epoch == ledger.value.epoch
        if not current:
            raise Conflict("the cohort is about to be built anew")
        question = workspace_questions.mount(
            WORKER,
            permit,
            run.site,
            place.value.status,
            cohort.value.status,
            "run",
            self.pep.now(),
            current=current,
        )
        self.pep.admit(WORKER.who(), question, run.id)
        return Mounted(cohort, place, ledger)

    def _commit_start(self, run: Run, mounted: Mounted, relied: Relied) -> Run:
        """Commit the start, and with it that data are about to be unsealed: before the first byte is."""
        cohort = mounted.cohort.value if mounted.cohort else None
        events: list[Event] = [RunStarted(run.id, run.digest)]
        if cohort is not None:
            events.append(DataUnsealed(cohort.id, run.id, "run", cohort.sha256))
        stored, now = self.pep.load(WORKER.who(), Run, run.id), self.pep.clock.now()
        started = _started(stored.value, cohort)
        self.pep.committer.commit(
            Change(
                entries=tuple(Entry(WORKER.who(), event, now) for event in events),
                puts=(Put(started, stored.version),),
                expects=tuple(Expect(type(one.value), one.value.id, one.version) for one in relied),
            )
        )
        return started

    def _execute(self, run: Run, code: Code, permit: DataPermit, cohort: Cohort | None, flag: Flag) -> None:
        """Run in a thread of the pool: whatever goes wrong here is the run's end, or nobody would ever hear of it."""
        try:
            result = self.sandbox.run(self.jobs.of_run(run, code, permit, cohort), flag)
            self.ending.record(run, code, result)
        except Exception as error:  # noqa: BLE001 - see the docstring
            _LOG.warning("run failed to run", run=run.id, error=type(error).__name__)
            with suppress(SpeError):
                self._end(run, RunCommand.FAIL, StatusCode.NOT_ADMITTED)
        finally:
            self.active.leave(run.id)

    def _end(self, run: Run, command: RunCommand, why: StatusCode) -> None:
        def effect(current: Run) -> Effect[Run]:
            state = step(TRANSITIONS, current.state, command)
            told = self.ending.rounded(current.kind) if command is RunCommand.FAIL else self.pep.now()
            after = replace(current, state=state, status_code=why, ended=told)
            return Effect(after, RunEnded(run.id, state, why, ""))

        self.pep.record(WORKER.who(), Run, run.id, effect)


def _started(run: Run, cohort: Cohort | None) -> Run:
    return replace(
        run,
        state=step(TRANSITIONS, run.state, RunCommand.START),
        status_code=StatusCode.IN_SANDBOX,
        cohort=cohort.id if cohort else "",
        rows=cohort.rows if cohort else "",
    )
