"""The worker's part: releases that were asked for are made or stopped, and held when a directive says so."""

from __future__ import annotations

from dataclasses import dataclass, replace

from spe.audit.change import Expect
from spe.audit.events.release import ReleaseHeld, ReleaseRechecked, ReleaseStopped
from spe.audit.receipts import Action, Answered, Happened, Outbox
from spe.cohort.place import Members
from spe.consent.model import Ledger
from spe.errors import Denied, IntegrityFailure, NotFound
from spe.identity.model import WORKER
from spe.output.model import Output
from spe.permit.model import DataPermit, PermitStatus
from spe.permit.reaction import demanded
from spe.policy.enforce import Effect, Enforcer
from spe.release.making import Making
from spe.release.model import TRANSITIONS, Release, ReleaseCommand, ReleaseStatus
from spe.states import step

SWAPPED = "bytes_not_approved"
_MANY = 500


@dataclass(frozen=True, slots=True)
class ReleaseOffice:
    """Sees to it that releases get made; one of the holders that hear of facts."""

    pep: Enforcer
    making: Making
    members: Members
    facts: Outbox
    name: str = "release"

    def pending(self) -> tuple[str, ...]:
        """Return releases that were asked for, and held ones that go back to the differencing check."""
        asked = self.pep.records.each(Release, status=ReleaseStatus.PENDING)
        held = self.pep.records.each(Release, status=ReleaseStatus.HELD)
        return tuple(stored.value.id for found in (asked, held) for stored in found)

    def reconcile(self, id_: str) -> None:
        """Make one release, or stop it with its reasons."""
        release = self.pep.load(WORKER.who(), Release, id_).value
        if release.status is ReleaseStatus.HELD:
            self._move(release, ReleaseCommand.RECHECK)
            return
        permit = self.pep.load(WORKER.who(), DataPermit, release.permit).value
        ledger = self.pep.records.get(Ledger, release.site)
        # What a patient has said is heard first: read after the ledger, which the release then expects unmoved.
        if permit.status is PermitStatus.SUSPENDED or self._is_unheard(release.site):
            return
        try:
            unmoved = Expect(Ledger, release.site, ledger.version if ledger else 0)
            reasons = self.making.make(release, permit, unmoved)
        except Denied as denied:
            reasons = tuple(reason.code for reason in denied.reasons)
        except (IntegrityFailure, NotFound):
            reasons = (SWAPPED,)
        if reasons:
            self._stop(release, reasons)

    def _is_unheard(self, site: str) -> bool:
        """Say whether a directive of this site, or what became of a permit, waits to be handed on."""
        waiting = self.facts.outbox(_MANY)
        return len(waiting) == _MANY or any(fact.data.get("holder", site) == site for fact in waiting)

    def react(self, fact: Happened) -> tuple[Answered, ...]:
        """Hold pending releases that a directive reaches; stop those of a revoked permit."""
        found = [stored.value for stored in self.pep.records.each(Release, status=ReleaseStatus.PENDING)]
        if fact.kind == "permit.revoked":
            mine = [release for release in found if release.permit == fact.data["permit"]]
            return tuple(self._end(release) for release in mine)
        if fact.kind == "directive.recorded":
            return tuple(
                self._heed(release, fact) for release in found if release.site == fact.data["holder"]
            )
        return ()

    def _heed(self, release: Release, fact: Happened) -> Answered:
        outputs = [self.pep.load(WORKER.who(), Output, file.output).value for file in release.files]
        subject = str(fact.data["subject"])
        if not any(self.members.holds(output.cohort, output.rows, subject) for output in outputs):
            return Answered(self.name, release.id, Action.NOT_HELD)
        rule = demanded(self.pep, fact, release.permit, release.site, release.id)
        if not rule.hold_outputs:
            return Answered(self.name, release.id, Action.LAWFUL_TO_KEEP)
        self._move(release, ReleaseCommand.HOLD)
        return Answered(self.name, release.id, Action.HELD)

    def _end(self, release: Release) -> Answered:
        self._stop(release, ("permit_revoked",))
        return Answered(self.name, release.id, Action.STOPPED)

    def _stop(self, release: Release, reasons: tuple[str, ...]) -> None:
        event = ReleaseStopped(release.id, reasons)

        def effect(current: Release) -> Effect[Release]:
            status = step(TRANSITIONS, current.status, ReleaseCommand.STOP)
            return Effect(replace(current, status=status, reasons=reasons), event)

        self.pep.record(WORKER.who(), Release, release.id, effect)

    def _move(self, release: Release, command: ReleaseCommand) -> None:
        event = ReleaseHeld(release.id) if command is ReleaseCommand.HOLD else ReleaseRechecked(release.id)

        def effect(current: Release) -> Effect[Release]:
            return Effect(replace(current, status=step(TRANSITIONS, current.status, command)), event)

        self.pep.record(WORKER.who(), Release, release.id, effect)
