"""Admission: whether a run may enter a sandbox, asked when it is queued and again just before it starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from spe.code.model import Code, CodeStatus
from spe.code.parameters import admit
from spe.code.place import read_source
from spe.code.rules import intact, signed
from spe.cohort.model import Cohort
from spe.crypto.note import PublicKey
from spe.crypto.vault import Vault
from spe.errors import IntegrityFailure, Malformed
from spe.identity.model import Person
from spe.permit.model import DataPermit
from spe.policy.enforce import Enforcer
from spe.run import questions
from spe.run.model import Run, RunKind, State
from spe.workspace.model import Workspace


@dataclass(frozen=True, slots=True)
class Admission:
    """Gathers what policy is told of a run: code as it is now, parameters, workspace, cohort, runs so far."""

    pep: Enforcer
    vault: Vault
    approvals: PublicKey
    runtime: str
    sandbox: str

    def question(self, person: Person, run: Run, permit: DataPermit, code: Code) -> questions.RunStart:
        """Return the question; `code_intact` is what a fresh look at every sealed byte and the signature says."""
        workspace = self.pep.records.get(Workspace, permit.at_site(run.site))
        cohort = self.pep.records.get(Cohort, permit.at_site(run.site))
        return questions.start(
            person,
            permit,
            code,
            run.site,
            run.kind,
            str(run.by),
            self.pep.now(),
            intact=self._is_intact(run, code),
            valid=_are_valid(code, dict(run.parameters)),
            workspace=workspace.value.status if workspace else "none",
            cohort=cohort.value.status if cohort else "none",
            real_runs=self._real_runs(permit),
        )

    def _is_intact(self, run: Run, code: Code) -> bool:
        if run.digest != code.digest:
            return False
        try:
            same = intact(code, read_source(self.vault, code), self.runtime, self.sandbox)
            return same and (code.status is not CodeStatus.APPROVED or signed(code, self.approvals))
        except IntegrityFailure:
            return False

    def _real_runs(self, permit: DataPermit) -> int:
        found = self.pep.records.each(Run, permit=permit.id, kind=RunKind.REAL)
        return sum(stored.value.state is not State.QUEUED for stored in found)


def _are_valid(code: Code, given: Mapping[str, str]) -> bool:
    try:
        admit(code.manifest.parameters, given)
    except Malformed:
        return False
    return True
