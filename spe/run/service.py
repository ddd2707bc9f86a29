"""Use cases of runs: start, stop, look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from spe.audit.events.record import RecordSeen
from spe.audit.events.run import RunEnded, RunQueued
from spe.audit.records import Stored
from spe.code.model import Code
from spe.crypto.statements import Signed
from spe.crypto.vault import Vault, whole
from spe.errors import NotFound, NotNow
from spe.identity.model import Person
from spe.ids import new_id
from spe.permit.model import DataPermit
from spe.permit.questions import see
from spe.policy.enforce import MISSING, Done, Effect, Enforcer
from spe.policy.model import Verdict
from spe.run import questions
from spe.run.admission import Admission
from spe.run.model import TRANSITIONS, Run, RunCommand, RunKind, State, StatusCode, heard
from spe.run.place import TWIN_SCOPE, output_object
from spe.states import step
from spe.values import to_data

_ENDED = frozenset({State.FINISHED, State.FAILED})


@dataclass(frozen=True, slots=True)
class StartRun:
    """What a data user asks for; parameters as text, read by their declared types."""

    permit: str
    site: str
    code: str
    kind: RunKind
    parameters: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RunDesk:
    """Where a permit's users start runs and hear of them."""

    pep: Enforcer
    vault: Vault
    admission: Admission

    def start(self, person: Person, asked: StartRun) -> Done:
        """Queue a run of approved code on real data, or of any registered code on the synthetic twin."""
        stored = self._permit(person, asked.permit)
        read = self.pep.load(person.who(), Code, asked.code)
        permit, code = stored.value, read.value
        if code.permit != permit.id:
            raise self.pep.absent(person.who(), asked.code)
        now = self.pep.clock.now()
        run = Run(
            id=new_id("run", now),
            permit=permit.id,
            site=asked.site,
            kind=asked.kind,
            code=code.id,
            digest=code.digest,
            by=person.id,
            parameters=tuple(sorted((name, str(value)) for name, value in asked.parameters.items())),
            queued=self.pep.now(),
        )
        question = self.admission.question(person, run, permit, code)
        event = RunQueued(run.id, permit.id, run.site, code.id, run.kind)
        return self.pep.create(
            person.who(), question, lambda _: Effect(run, event), run.id, relies=(stored, read)
        )

    def stop(self, person: Person, id_: str) -> Done:
        """Stop a run; the worker ends its sandbox."""
        run = self.pep.load(person.who(), Run, id_).value
        stored = self._permit(person, run.permit)

        def effect(current: Run, _verdict: Verdict) -> Effect[Run]:
            if current.kind is RunKind.REAL and current.state in _ENDED and self.pep.now() >= current.ended:
                raise NotNow("the run has ended")
            after = replace(
                current,
                state=step(TRANSITIONS, current.state, RunCommand.STOP),
                status_code=_by_whom(person, stored.value),
                ended=self.pep.now(),
            )
            return Effect(after, RunEnded(id_, after.state, after.status_code, ""))

        return self.pep.alter(
            person.who(),
            Run,
            id_,
            ask=lambda current: questions.stop(person, stored.value, current.site, self.pep.now()),
            effect=effect,
            relies=(stored,),
        )

    def show(self, person: Person, id_: str) -> Mapping[str, Any]:
        """Return what a run's user may hear of it: of a real run no duration, no error, no output names."""
        run = self._run(person, id_)
        self.pep.note(person.who(), RecordSeen("run", id_, "own"))
        shown: dict[str, Any] = {
            "id": run.id,
            "permit": run.permit,
            "site": run.site,
            "kind": run.kind,
            "code": run.code,
            "state": heard(run, self.pep.now()),
        }
        if run.kind is RunKind.TWIN:
            shown |= {"error": to_data(run.error), "outputs": to_data(run.outputs)}
        return shown

    def twin_output(self, person: Person, id_: str, name: str) -> bytes:
        """Return a file that a twin run wrote: it was made from synthetic rows only."""
        run = self._run(person, id_)
        if run.kind is not RunKind.TWIN or name not in {
            output.name for output in run.outputs if output.sha256
        }:
            raise NotFound(MISSING)
        self.pep.note(person.who(), RecordSeen("run", f"{id_}/{name}", "file"))
        return whole(self.vault, output_object(id_, name), TWIN_SCOPE)

    def record(self, person: Person, id_: str) -> Signed:
        """Return the signed account of a run, for the site's holder and auditors."""
        run = self.pep.load(person.who(), Run, id_).value
        permit = self.pep.load(person.who(), DataPermit, run.permit).value
        self.pep.reveal(person.who(), see(person, permit, self.pep.now(), "run", "exact", run.site), id_)
        self.pep.note(person.who(), RecordSeen("run", id_, "exact"))
        return Signed(run.record, run.signature)

    def _run(self, person: Person, id_: str) -> Run:
        run = self.pep.load(person.who(), Run, id_).value
        self._permit(person, run.permit)
        return run

    def _permit(self, person: Person, id_: str) -> Stored[DataPermit]:
        stored = self.pep.load(person.who(), DataPermit, id_)
        self.pep.reveal(person.who(), see(person, stored.value, self.pep.now(), "run"), id_)
        return stored


def _by_whom(person: Person, permit: DataPermit) -> StatusCode:
    """Return which side stopped a run: one of the permit's users, or somebody for the holder."""
    return StatusCode.STOPPED_BY_USER if str(person.id) in permit.users() else StatusCode.STOPPED_BY_HOLDER
