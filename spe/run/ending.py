"""What a dead sandbox left: outputs sealed, the run's state, and a signed record of what ran and how isolated."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

from spe.audit.events.run import RunEnded
from spe.code.layout_parse import parse_layouts
from spe.code.model import Code
from spe.crypto.data_keys import DataKeys
from spe.crypto.signing import SigningKey
from spe.crypto.statements import sign
from spe.crypto.vault import Vault
from spe.identity.model import WORKER
from spe.policy.enforce import Effect, Enforcer
from spe.run.model import TRANSITIONS, Run, RunCommand, RunError, RunKind, RunOutput, State, StatusCode
from spe.run.place import output_object, scope_of, tail_object
from spe.states import step
from spe.values import to_data
from spe.workspace.sandbox import Outcome, SandboxResult

_CODES = {
    Outcome.FINISHED: StatusCode.DONE,
    Outcome.FAILED: StatusCode.CODE_FAILED,
    Outcome.TIMED_OUT: StatusCode.TIMED_OUT,
    Outcome.MEMORY: StatusCode.OVER_LIMIT,
    Outcome.TOO_MANY_PROCESSES: StatusCode.OVER_LIMIT,
    Outcome.OUTPUT_TOO_LARGE: StatusCode.OVER_LIMIT,
    Outcome.UNDECLARED_OUTPUT: StatusCode.OUTPUTS_REFUSED,
    Outcome.KILLED: StatusCode.CODE_FAILED,
}


@dataclass(frozen=True, slots=True)
class Ending:
    """Turns a sandbox's result into a run's end; `round_to` seconds is how finely a real run's end is told."""

    pep: Enforcer
    vault: Vault
    keys: DataKeys
    key: SigningKey
    round_to: int

    def record(self, run: Run, code: Code, result: SandboxResult) -> None:
        """Seal what the run left and commit its end; a run that was stopped meanwhile keeps nothing."""
        stored = self.pep.load(WORKER.who(), Run, run.id).value
        kept = result.outcome is Outcome.FINISHED and stored.state is State.RUNNING
        outputs = self._seal(run, code, result) if kept else ()
        status_code = _CODES[result.outcome]
        command = RunCommand.FINISH if status_code is StatusCode.DONE else RunCommand.FAIL

        def effect(current: Run) -> Effect[Run]:
            if current.state is not State.RUNNING:
                return Effect(current, RunEnded(run.id, current.state, current.status_code, ""))
            after = replace(
                current,
                state=step(TRANSITIONS, current.state, command),
                status_code=status_code,
                ended=self.rounded(run.kind),
                outputs=outputs,
                error=_error(result),
            )
            statement = _statement(after, code, result)
            signed = sign(self.key, statement)
            isolation = hashlib.sha256(signed.statement.encode()).hexdigest()
            signed_run = replace(after, record=signed.statement, signature=signed.signature)
            return Effect(signed_run, RunEnded(run.id, after.state, status_code, isolation))

        self.pep.record(WORKER.who(), Run, run.id, effect)
        if self.pep.load(WORKER.who(), Run, run.id).value.state is State.STOPPED:
            self._forget(run, outputs)

    def _forget(self, run: Run, outputs: tuple[RunOutput, ...]) -> None:
        for output in outputs:
            self.vault.remove(output_object(run.id, output.name))
        self.vault.remove(tail_object(run.id))

    def _seal(self, run: Run, code: Code, result: SandboxResult) -> tuple[RunOutput, ...]:
        scope = scope_of(run)
        self.keys.create(scope)
        self.vault.put(tail_object(run.id), scope, (result.stdout.last, b"\n", result.stderr.last))
        left = {file.name: file for file in result.outputs}
        outputs = []
        for layout in parse_layouts(code.manifest.layouts):
            file = left.get(layout.file)
            if file is not None:
                self.vault.put(output_object(run.id, layout.name), scope, (file.content,))
            outputs.append(RunOutput(layout.name, file.sha256 if file else ""))
        return tuple(outputs)

    def rounded(self, kind: RunKind) -> int:
        """Return when a run that ends now is told to have ended."""
        now = self.pep.now()
        return now if kind is RunKind.TWIN else -(-now // self.round_to) * self.round_to


def _error(result: SandboxResult) -> RunError | None:
    place = result.error
    return RunError(place.error, place.line, place.path) if place else None


def _statement(run: Run, code: Code, result: SandboxResult) -> dict[str, Any]:
    return {
        "kind": "run",
        "version": 1,
        "run": run.id,
        "run_kind": run.kind,
        "permit": run.permit,
        "site": run.site,
        "code": {"id": code.id, "digest": code.digest},
        "runtime": code.manifest.runtime,
        "parameters": dict(run.parameters),
        "cohort": run.rows,
        "outcome": result.outcome,
        "refused": {kind.value: count for kind, count in result.refused},
        "isolation": to_data(result.isolation),
        "outputs": [{"name": output.name, "sha256": output.sha256} for output in run.outputs],
        "queued": run.queued,
        "ended": run.ended,
    }
