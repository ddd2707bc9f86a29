"""Making a release: the last gate. Approved bytes, intact code, no difference of a few people, then a signature."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from spe.audit.change import Expect, Put
from spe.audit.cover import Cover
from spe.audit.events.release import ReleaseMade
from spe.catalogue.model import Dataset
from spe.code.layout import Kind
from spe.code.layout_parse import parse_layout
from spe.code.model import Code
from spe.code.place import read_source
from spe.code.rules import intact, signed
from spe.crypto.data_keys import DataKeys
from spe.crypto.note import PublicKey
from spe.crypto.signing import SigningKey
from spe.crypto.statements import sign
from spe.crypto.vault import Vault, put_anew, whole
from spe.errors import IntegrityFailure, NotFound, NotKnownYet, SpeError, Unreachable
from spe.identity.model import WORKER
from spe.output.checks.finding import Severity, parse_profile
from spe.output.model import TRANSITIONS as OUTPUT_TRANSITIONS
from spe.output.model import Output, OutputCommand
from spe.output.place import canonical_object, scope
from spe.output.questions import check
from spe.output.support_of import Supports
from spe.permit.model import DataPermit
from spe.policy.enforce import Effect, Enforcer
from spe.release import questions
from spe.release.bundle import DICTIONARY, METHODS, SCOPE, dictionary, digests, methods, pack, zip_object
from spe.release.differencing import compare
from spe.release.model import TRANSITIONS, Release, ReleaseCommand, ReleasedTable
from spe.release.tables import as_released, kept
from spe.run.model import Run
from spe.states import step
from spe.values import to_data


@dataclass(frozen=True, slots=True)
class Making:
    """Makes one release at a time; holds the one key that signs them."""

    pep: Enforcer
    vault: Vault
    keys: DataKeys
    supports: Supports
    key: SigningKey
    approvals: PublicKey
    runtime: str
    sandbox: str
    cover: Cover

    def make(self, release: Release, permit: DataPermit, unmoved: Expect) -> tuple[str, ...]:
        """Make the release, or return the codes of what stops it.

        `unmoved` is what else must still hold when it commits. Raises `Denied` where policy refuses,
        `IntegrityFailure` where bytes are not the approved ones, and `Unreachable` where not as many witnesses as are
        required have cosigned all that the release rests on.
        """
        outputs = tuple(self.pep.load(WORKER.who(), Output, file.output).value for file in release.files)
        code_intact = all(self._code_is_intact(output) for output in outputs)
        relied = self.pep.load(WORKER.who(), DataPermit, permit.id)
        question = questions.make(
            WORKER, "make", relied.value, release.site, outputs, self.pep.now(), code_intact=code_intact
        )
        self.pep.admit(WORKER.who(), question, release.id)
        files = self._approved_bytes(release, outputs)
        tables = self._tables(release, outputs)
        reasons = self._differences(release, permit, tables)
        if reasons:
            return reasons
        dataset = self.pep.load(WORKER.who(), Dataset, release.dataset).value
        wanted = {name for output in outputs for name in self._code(output).manifest.fields}
        files[DICTIONARY] = dictionary(tuple(one for one in dataset.variables if one.name in wanted))
        files[METHODS] = methods(self._methods(outputs))
        self._be_witnessed()
        statement = sign(self.key, self._statement(release, permit, outputs, files))
        zipped = pack(files, statement)
        self.keys.create(SCOPE)
        put_anew(self.vault, zip_object(release.id), SCOPE, (zipped,))
        made = replace(
            release,
            status=step(TRANSITIONS, release.status, ReleaseCommand.RELEASE),
            released=self.pep.now(),
            sha256=hashlib.sha256(zipped).hexdigest(),
            statement=statement.statement,
            signature=statement.signature,
        )
        event = ReleaseMade(release.id, made.sha256, tuple(file.sha256 for file in release.files))
        also = (*(Put(table, 0) for table in tables), *(self._released(output) for output in outputs))
        try:
            self.pep.alter(
                WORKER.who(),
                Release,
                release.id,
                ask=lambda _: question,
                effect=lambda current, _verdict: Effect(
                    _still_pending(current, made), event, also=also, expects=(unmoved,)
                ),
                relies=(relied,),
            )
        except NotKnownYet:
            raise  # It may have been committed: then these are the bytes. If not, they are written over.
        except SpeError:
            self.vault.remove(zip_object(release.id))
            raise
        return ()

    def _be_witnessed(self) -> None:
        try:
            self.cover.cover(witnessed=True)
        except IntegrityFailure as cause:
            # That the log was changed says nothing of the bytes: the release waits.
            raise Unreachable("the log is not what was signed, so nothing is released") from cause

    def _approved_bytes(self, release: Release, outputs: tuple[Output, ...]) -> dict[str, bytes]:
        """Return the files' bytes once they are those that were checked, reviewed and asked for (invariant 4)."""
        files = {}
        for file, output in zip(release.files, outputs, strict=True):
            content = whole(self.vault, canonical_object(output.id), scope(output.permit))
            if not hashlib.sha256(content).hexdigest() == file.sha256 == output.sha256:
                raise IntegrityFailure("the bytes are not the approved ones")
            files[file.name] = content
        return files

    def _tables(self, release: Release, outputs: tuple[Output, ...]) -> tuple[ReleasedTable, ...]:
        tables = []
        for output in outputs:
            layout = parse_layout(output.layout)
            support, _ = self.supports.of(output) if layout.kind is not Kind.OTHER else (None, None)
            if support is not None:
                tables.append(kept(release, output, support))
        return tuple(tables)

    def _differences(
        self, release: Release, permit: DataPermit, tables: tuple[ReleasedTable, ...]
    ) -> tuple[str, ...]:
        if not tables:
            return ()
        dataset = self.pep.load(WORKER.who(), Dataset, release.dataset).value
        question = check(WORKER, permit, release.site, Kind.COUNT, self.pep.now())
        profile = parse_profile(self.pep.admit(WORKER.who(), question, release.id).profile)
        earlier = [stored.value for stored in self.pep.records.each(ReleasedTable, dataset=release.dataset)]
        findings = compare(
            [as_released(table) for table in tables],
            [as_released(table) for table in earlier],
            dataset.variables,
            profile,
        )
        return tuple(
            sorted({finding.code.value for finding in findings if finding.severity is Severity.STOP})
        )

    def _code(self, output: Output) -> Code:
        run = self.pep.load(WORKER.who(), Run, output.run).value
        return self.pep.load(WORKER.who(), Code, run.code).value

    def _code_is_intact(self, output: Output) -> bool:
        run = self.pep.load(WORKER.who(), Run, output.run).value
        code = self._code(output)
        try:
            source = read_source(self.vault, code)
        except (IntegrityFailure, NotFound):
            return False
        same = run.digest == code.digest and intact(code, source, self.runtime, self.sandbox)
        return same and signed(code, self.approvals)

    def _released(self, output: Output) -> Put:
        stored = self.pep.load(WORKER.who(), Output, output.id)
        if stored.value != output:
            raise IntegrityFailure("the output changed while it was being released")
        status = step(OUTPUT_TRANSITIONS, output.status, OutputCommand.RELEASE)
        return Put(replace(output, status=status), stored.version)

    def _methods(self, outputs: tuple[Output, ...]) -> dict[str, object]:
        code = self._code(outputs[0])
        return {
            "code": {"title": code.title, "digest": code.digest},
            "runtime": code.manifest.runtime,
            "cohort": outputs[0].rows,
            "tables": [{"name": output.name, "layout": to_data(output.layout)} for output in outputs],
            "note": "Counts were recomputed by trusted code; values are associations, not effects.",
        }

    def _statement(
        self, release: Release, permit: DataPermit, outputs: tuple[Output, ...], files: dict[str, bytes]
    ) -> dict[str, object]:
        return {
            "kind": "release",
            "version": 1,
            "release": release.id,
            "permit": release.permit,
            "site": release.site,
            "dataset": release.dataset,
            "code": [self._code(output).digest for output in outputs],
            "cohort": [output.rows for output in outputs],
            "files": digests(files),
            "demo": permit.demo,
        }


def _still_pending(current: Release, made: Release) -> Release:
    step(TRANSITIONS, current.status, ReleaseCommand.RELEASE)
    return made
