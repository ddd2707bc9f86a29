"""The worker's part: the machine's disclosure checks. Its best answer is that people may look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from spe.audit.events import Event
from spe.audit.events.output import OutputChecked, OutputDestroyed, OutputHeld, OutputRechecked
from spe.audit.receipts import Action, Answered, Happened
from spe.code.layout import to_json
from spe.code.layout_parse import parse_layout
from spe.cohort.place import Members
from spe.crypto.vault import Vault, put_anew, whole
from spe.errors import Denied, IntegrityFailure, NotFound
from spe.identity.model import WORKER
from spe.output import questions
from spe.output.background import Background
from spe.output.checks.assess import Verdict, check_output
from spe.output.checks.finding import Finding, parse_profile
from spe.output.fix import CannotFixHere, Fix, WhyNot, suggest
from spe.output.model import TRANSITIONS, Output, OutputCommand, OutputStatus, StoredFinding
from spe.output.place import canonical_object, scope
from spe.output.support import FileFacts, Support
from spe.output.support_of import Supports, written_by_trusted_code
from spe.permit.model import DataPermit
from spe.permit.reaction import demanded
from spe.policy.enforce import Effect, Enforcer
from spe.run.place import output_object
from spe.states import step

_PENDING = frozenset(
    {
        OutputStatus.PASSED,
        OutputStatus.STOPPED,
        OutputStatus.IN_REVIEW,
        OutputStatus.RETURNED,
        OutputStatus.RECONCILING,
        OutputStatus.APPROVED,
    }
)


@dataclass(frozen=True, slots=True)
class CheckOffice:
    """Checks collected outputs, and holds pending ones when a directive says so."""

    pep: Enforcer
    vault: Vault
    supports: Supports
    members: Members
    background: Background
    name: str = "output"

    def pending(self) -> tuple[str, ...]:
        """Return the outputs that wait for the machine: collected ones, and held ones that go back to the checks."""
        collected = self.pep.records.each(Output, status=OutputStatus.COLLECTED)
        held = self.pep.records.each(Output, status=OutputStatus.HELD)
        ids = (stored.value.id for found in (collected, held) for stored in found)
        return tuple(id_ for id_ in ids if not self.background.is_running(id_))

    def reconcile(self, id_: str) -> None:
        """Begin to check one output, beside the worker's passes; a held one loses its reviews and is checked anew."""
        output = self.pep.load(WORKER.who(), Output, id_).value
        if output.status is OutputStatus.HELD:
            self._move(id_, OutputCommand.RECHECK, OutputRechecked(id_), _unreviewed)
        elif output.status is OutputStatus.COLLECTED:
            self.background.go_on(id_, lambda: self._check(output))

    def react(self, fact: Happened) -> tuple[Answered, ...]:
        """Hold what a directive reaches; destroy what a revoked permit leaves unreleased."""
        if fact.kind == "permit.revoked":
            found = (
                stored.value for stored in self.pep.records.each(Output, permit=str(fact.data["permit"]))
            )
            return tuple(self._destroy(output) for output in found)
        if fact.kind == "directive.recorded":
            found = (stored.value for stored in self.pep.records.each(Output, site=str(fact.data["holder"])))
            return tuple(
                self._heed(output, fact)
                for output in found
                if output.status in _PENDING | {OutputStatus.HELD}
            )
        return ()

    def _check(self, output: Output) -> None:
        permit = self.pep.load(WORKER.who(), DataPermit, output.permit).value
        layout = parse_layout(output.layout)
        question = questions.check(WORKER, permit, output.site, layout.kind, self.pep.now())
        profile = parse_profile(self.pep.admit(WORKER.who(), question, output.id).profile)
        support, facts = self._facts(output)
        assessment = check_output(layout, support, facts, profile)
        content, sha256 = written_by_trusted_code(layout, support, self._raw(output))
        put_anew(self.vault, canonical_object(output.id), scope(output.permit), (content,))
        stopped = assessment.verdict is Verdict.STOP
        fix = suggest(layout, support, profile) if stopped and support is not None else None

        def checked(current: Output) -> Output:
            return replace(
                current,
                sha256=sha256,
                size=len(content),
                findings=tuple(_stored(finding) for finding in assessment.findings),
                fix=to_json(fix.layout) if isinstance(fix, Fix) else None,
                needs_pooling=isinstance(fix, CannotFixHere) and fix.reason is WhyNot.NEEDS_POOLING,
            )

        codes = tuple(sorted({finding.code.value for finding in assessment.findings}))
        event = OutputChecked(output.id, sha256, stopped, codes)
        self._move(output.id, OutputCommand.STOP if stopped else OutputCommand.PASS, event, checked)

    def _facts(self, output: Output) -> tuple[Support | None, FileFacts | None]:
        """Return support and file facts; neither when the cohort it was computed from is gone: then it is stopped."""
        try:
            support, recomputed = self.supports.of(output)
        except (NotFound, Denied, IntegrityFailure):
            return None, None
        return support, recomputed.files.get(output.name) if recomputed else None

    def _raw(self, output: Output) -> bytes:
        if not output.raw_sha256 or output.parent:
            return b""
        return whole(self.vault, output_object(output.run, output.name), scope(output.permit))

    def _heed(self, output: Output, fact: Happened) -> Answered:
        if output.status is OutputStatus.HELD:
            return Answered(self.name, output.id, Action.HELD)
        if not self.members.holds(output.cohort, output.rows, str(fact.data["subject"])):
            return Answered(self.name, output.id, Action.NOT_HELD)
        rule = demanded(self.pep, fact, output.permit, output.site, output.id)
        if not rule.hold_outputs:
            return Answered(self.name, output.id, Action.LAWFUL_TO_KEEP)
        self._move(output.id, OutputCommand.HOLD, OutputHeld(output.id))
        return Answered(self.name, output.id, Action.HELD)

    def _destroy(self, output: Output) -> Answered:
        if output.status is OutputStatus.RELEASED:
            return Answered(self.name, output.id, Action.LAWFUL_TO_KEEP)
        if output.status is not OutputStatus.DESTROYED:
            self.vault.remove(canonical_object(output.id))
            self._move(output.id, OutputCommand.DESTROY, OutputDestroyed(output.id))
        return Answered(self.name, output.id, Action.REMOVED)

    def _move(
        self,
        id_: str,
        command: OutputCommand,
        event: Event,
        after: Callable[[Output], Output] = lambda one: one,
    ) -> None:
        def effect(current: Output) -> Effect[Output]:
            return Effect(replace(after(current), status=step(TRANSITIONS, current.status, command)), event)

        self.pep.record(WORKER.who(), Output, id_, effect)


def _unreviewed(output: Output) -> Output:
    return replace(output, reviews=(), question="")


def _stored(finding: Finding) -> StoredFinding:
    return StoredFinding(
        finding.code, finding.severity, finding.audience, finding.remedy, finding.cell, finding.params
    )
