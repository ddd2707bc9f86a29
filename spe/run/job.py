"""A run as a job for the sandbox: approved code, sealed data, parameters, declared outputs, limits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from spe.catalogue.twin import make_twin
from spe.catalogue.variables import Variable
from spe.code.layout_parse import parse_layouts
from spe.code.model import Code, SourceFile
from spe.code.parameters import admit
from spe.code.place import read_source, shared_variables
from spe.code.rules import intact
from spe.cohort.extract import ROW
from spe.cohort.model import Cohort
from spe.cohort.place import object_name, scope
from spe.crypto.vault import Vault, verified
from spe.errors import IntegrityFailure
from spe.permit.model import DataPermit
from spe.policy.enforce import Enforcer
from spe.run.model import Run, RunKind
from spe.workspace.sandbox import CodeFile, DataFile, DeclaredFile, Limits, RuntimeRef, SandboxSpec

COHORT_FILE = "cohort.csv"
_TWIN_ROWS = 400


@dataclass(frozen=True, slots=True)
class Jobs:
    """Puts jobs together; data are opened by the sandbox only, chunk by chunk."""

    pep: Enforcer
    vault: Vault
    runtime: str
    sandbox: str
    limits: Limits

    def of_run(self, run: Run, code: Code, permit: DataPermit, cohort: Cohort | None) -> SandboxSpec:
        """Return the job; raises `IntegrityFailure` unless the sealed source is what was registered."""
        source = read_source(self.vault, code)
        if not intact(code, source, self.runtime, self.sandbox):
            raise IntegrityFailure("the code is not what its manifest describes")
        layouts = parse_layouts(code.manifest.layouts)
        return SandboxSpec(
            runtime=RuntimeRef(code.manifest.runtime),
            argv=code.manifest.argv,
            outputs=tuple(DeclaredFile(layout.file, layout.max_bytes) for layout in layouts),
            code=tuple(_code_file(file, source) for file in code.manifest.files),
            environment=code.manifest.environment,
            data=(self._twin(permit, run) if cohort is None else sealed_rows(self.vault, cohort),),
            parameters=admit(code.manifest.parameters, dict(run.parameters)),
            limits=self.limits,
            reveal_errors=run.kind is RunKind.TWIN,
        )

    def _twin(self, permit: DataPermit, run: Run) -> DataFile:
        grant = permit.grant(run.site)
        granted = set(grant.fields) if grant else set()
        variables: tuple[Variable, ...] = tuple(
            one for one in shared_variables(self.pep.records, permit) if one.name in granted
        )
        content = b"".join(make_twin(variables, ROW, _TWIN_ROWS, seed=0))

        def opened() -> Iterator[bytes]:
            yield content

        return DataFile(COHORT_FILE, len(content), opened)


def sealed_rows(vault: Vault, cohort: Cohort, name: str = COHORT_FILE) -> DataFile:
    """Return the cohort's rows as a file of the sandbox, unsealed only when it opens it."""

    def opened() -> Iterator[bytes]:
        return verified(vault.open(object_name(cohort.id, cohort.rows), scope(cohort.permit)), cohort.sha256)

    return DataFile(name, cohort.size, opened)


def _code_file(file: SourceFile, source: dict[str, bytes]) -> CodeFile:
    return CodeFile(file.path, file.mode, source[file.path])
