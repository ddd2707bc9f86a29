"""Support of a run's outputs: recomputed by trusted code in a sandbox of its own, or merged from a parent's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from threading import Event as Flag

from spe.audit.events.workspace import DataUnsealed
from spe.code.layout import Kind, Layout
from spe.code.layout_parse import parse_layout, parse_layouts
from spe.code.model import Code
from spe.cohort.extract import ROW
from spe.cohort.model import Cohort
from spe.consent.model import Ledger
from spe.crypto.vault import Vault, whole
from spe.errors import Conflict, IntegrityFailure, NotFound
from spe.identity.model import WORKER
from spe.output.canonical import (
    MAX_SUPPORT_BYTES,
    Recomputed,
    canonical_bytes,
    parse_support,
    plan,
    verify_canonical,
)
from spe.output.merge import merge
from spe.output.model import Output
from spe.output.place import SUPPORT_FILE, scope, support_object
from spe.output.support import Support
from spe.permit.model import DataPermit
from spe.policy.enforce import Enforcer
from spe.run.job import sealed_rows
from spe.run.model import Run
from spe.run.place import output_object
from spe.workspace import questions as workspace_questions
from spe.workspace.model import Workspace
from spe.workspace.sandbox import (
    CODE_FOLDER,
    DATA_FOLDER,
    INTERPRETER,
    OUTPUT_FOLDER,
    CodeFile,
    DataFile,
    DeclaredFile,
    Limits,
    Outcome,
    RuntimeRef,
    Sandbox,
    SandboxSpec,
)

_PACKAGE = "recompute"
_PLAN, _COHORT = "_plan.json", "_cohort.csv"


@dataclass(frozen=True, slots=True)
class Supports:
    """Knows the support of outputs, and recomputes it once per run."""

    pep: Enforcer
    vault: Vault
    sandbox: Sandbox
    runtime: str
    limits: Limits
    stopping: Flag

    def of(self, output: Output) -> tuple[Support | None, Recomputed | None]:
        """Return an output's support: merged along its lineage, or as recomputed for its run."""
        if output.parent:
            return self._merged(output), None
        recomputed = self.recomputed(self.pep.load(WORKER.who(), Run, output.run).value)
        return recomputed.supports.get(output.name), recomputed

    def recomputed(self, run: Run) -> Recomputed:
        """Return what trusted code counted for a run; `NotFound` when the cohort it was computed from is gone."""
        code = self.pep.load(WORKER.who(), Code, run.code).value
        layouts = parse_layouts(code.manifest.layouts)
        try:
            raw = whole(self.vault, support_object(run.id), scope(run.permit))
        except NotFound:
            raw = self._recompute(run, layouts)
        return parse_support(raw, layouts)

    def _merged(self, output: Output) -> Support | None:
        parent = self.pep.load(WORKER.who(), Output, output.parent).value
        support, _ = self.of(parent)
        if support is None:
            return None
        return merge(support, parse_layout(parent.layout), parse_layout(output.layout))

    def _recompute(self, run: Run, layouts: tuple[Layout, ...]) -> bytes:
        cohort = self._mount(run)
        result = self.sandbox.run(self._spec(run, cohort, layouts), self.stopping)
        written = {file.name: file.content for file in result.outputs}
        if result.outcome is not Outcome.FINISHED or SUPPORT_FILE not in written:
            raise IntegrityFailure("the recomputation did not finish")
        raw = written[SUPPORT_FILE]
        recomputed = parse_support(raw, layouts)
        for layout in layouts:
            support = recomputed.supports.get(layout.name)
            if support is not None:
                verify_canonical(layout, support, written[layout.file], recomputed.digests[layout.name])
        self.vault.put(support_object(run.id), scope(run.permit), (raw,))
        return raw

    def _mount(self, run: Run) -> Cohort:
        permit = self.pep.load(WORKER.who(), DataPermit, run.permit).value
        cohort = self.pep.load(WORKER.who(), Cohort, run.cohort).value
        place = self.pep.load(WORKER.who(), Workspace, run.cohort).value
        ledger = self.pep.records.get(Ledger, run.site)
        if cohort.epoch != (ledger.value.epoch if ledger else 0):
            raise Conflict("the cohort is about to be built anew")
        same = cohort.rows == run.rows
        question = workspace_questions.mount(
            WORKER, permit, run.site, place.status, cohort.status, _PACKAGE, self.pep.now(), current=same
        )
        self.pep.admit(WORKER.who(), question, run.id)
        self.pep.note(WORKER.who(), DataUnsealed(cohort.id, run.id, _PACKAGE, cohort.sha256))
        return cohort

    def _spec(self, run: Run, cohort: Cohort, layouts: tuple[Layout, ...]) -> SandboxSpec:
        written = {output.name: output.sha256 for output in run.outputs if output.sha256}
        theirs = tuple(self._their_file(run, layout) for layout in layouts if layout.name in written)
        planned = plan(layouts, ROW)
        tables = [layout for layout in layouts if layout.kind is not Kind.OTHER]
        program = f"{CODE_FOLDER}/{_PACKAGE}/recompute_main.py"
        data = (f"{DATA_FOLDER}/{_PLAN}", f"{DATA_FOLDER}/{_COHORT}", DATA_FOLDER, OUTPUT_FOLDER)
        return SandboxSpec(
            runtime=RuntimeRef(self.runtime),
            argv=(INTERPRETER, "-I", "-B", program, *data),
            outputs=(
                DeclaredFile(SUPPORT_FILE, MAX_SUPPORT_BYTES),
                *(DeclaredFile(layout.file, layout.max_bytes) for layout in tables),
            ),
            code=_program(),
            data=(in_memory(_PLAN, planned), sealed_rows(self.vault, cohort, _COHORT), *theirs),
            limits=self.limits,
            reveal_errors=False,
        )

    def _their_file(self, run: Run, layout: Layout) -> DataFile:
        return in_memory(
            layout.file, whole(self.vault, output_object(run.id, layout.name), scope(run.permit))
        )


def in_memory(name: str, content: bytes) -> DataFile:
    """Return bytes as a file of the sandbox."""

    def opened() -> Iterator[bytes]:
        yield content

    return DataFile(name, len(content), opened)


def written_by_trusted_code(layout: Layout, support: Support | None, raw: bytes) -> tuple[bytes, str]:
    """Return the bytes that can be released and their SHA-256: of a table the canonical file, else the file itself."""
    content = canonical_bytes(layout, support) if support is not None else raw
    return content, sha256(content).hexdigest()


def _program() -> tuple[CodeFile, ...]:
    """Return the recomputation's own source, as it is installed here."""
    package = files("spe.output.recompute")
    names = sorted(file.name for file in package.iterdir() if file.name.endswith(".py"))
    return tuple(CodeFile(f"{_PACKAGE}/{name}", 0o444, (package / name).read_bytes()) for name in names)
