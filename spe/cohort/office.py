"""The worker's part: every permit in force has, at each site, a cohort that agrees with the directives."""

from __future__ import annotations

from dataclasses import dataclass, replace

from spe.audit.change import Expect
from spe.audit.events import Event
from spe.audit.events.cohort import CohortBuilt, CohortDestroyed, CohortOutdated
from spe.audit.events.record import RecordSeen
from spe.audit.receipts import Action, Answered, Happened, Outbox
from spe.audit.records import Stored
from spe.catalogue.entry import scope as dataset_scope
from spe.catalogue.model import Dataset
from spe.catalogue.stored import rows_of
from spe.cohort import questions
from spe.cohort.extract import extract, rows_digest, to_csv
from spe.cohort.members import KeptMembers
from spe.cohort.model import TRANSITIONS, Cohort, CohortCommand, CohortStatus
from spe.cohort.place import object_name, scope, subjects_object
from spe.consent.erased import Names, erased
from spe.consent.model import Directive, DirectiveProfile, Ledger, allowed
from spe.crypto.data_keys import DataKeys
from spe.crypto.vault import Vault
from spe.errors import NotFound
from spe.identity.model import WORKER
from spe.permit.model import DataPermit, Grant, PermitStatus, is_over
from spe.permit.reaction import demanded
from spe.policy.enforce import MISSING, Effect, Enforcer, again
from spe.policy.model import Verdict
from spe.states import step

_MANY = 500


@dataclass(frozen=True, slots=True)
class CohortOffice:
    """Builds cohorts, and takes subjects out of them; one of the holders that hear of facts."""

    pep: Enforcer
    vault: Vault
    keys: DataKeys
    facts: Outbox
    names: Names
    name: str = "cohort"

    def pending(self) -> tuple[str, ...]:
        """Return the keys (permit.site) whose cohort is missing, stale, or of an older epoch of the directives."""
        now = self.pep.now()
        permits = (stored.value for stored in self.pep.records.each(DataPermit, status=PermitStatus.ISSUED))
        keys = [(permit, grant) for permit in permits if now < permit.expires for grant in permit.grants]
        due = [permit.at_site(grant.site) for permit, grant in keys if not self._is_current(permit, grant)]
        return (*due, *self._outlived())

    def reconcile(self, key: str) -> None:
        """Build one cohort, or destroy one whose permit is over; raises `Denied` where policy sees an obstacle."""
        permit = self.pep.load(WORKER.who(), DataPermit, key.partition(".")[0]).value
        if is_over(permit, self.pep.now()):
            self._destroy(self.pep.load(WORKER.who(), Cohort, key).value)
        else:
            again(lambda: self._build(key))

    def react(self, fact: Happened) -> tuple[Answered, ...]:
        """Take a subject out of every cohort that has them where the rule says so; destroy a revoked permit's."""
        if fact.kind == "permit.revoked":
            return tuple(self._destroy(cohort) for cohort in self._of_permit(str(fact.data["permit"])))
        if fact.kind == "directive.recorded":
            found = self.pep.records.each(Cohort, site=str(fact.data["holder"]))
            return tuple(self._heed(stored.value, fact) for stored in found)
        return ()

    def _outlived(self) -> tuple[str, ...]:
        """Return the cohorts whose permit is over and whose rows are still there."""
        there = (
            stored.value
            for status in (CohortStatus.CURRENT, CohortStatus.STALE)
            for stored in self.pep.records.each(Cohort, status=status)
        )
        now = self.pep.now()
        permits = ((cohort, self.pep.load(WORKER.who(), DataPermit, cohort.permit).value) for cohort in there)
        return tuple(cohort.id for cohort, permit in permits if is_over(permit, now))

    def _is_current(self, permit: DataPermit, grant: Grant) -> bool:
        stored = self.pep.records.get(Cohort, permit.at_site(grant.site))
        if stored is None or stored.value.status is CohortStatus.STALE:
            return False
        return (
            stored.value.status is CohortStatus.DESTROYED
            or stored.value.epoch == self._ledger(grant.site).value.epoch
        )

    def _build(self, key: str) -> None:
        permit_id, _, site = key.partition(".")
        permit = self.pep.load(WORKER.who(), DataPermit, permit_id).value
        grant = permit.grant(site)
        if grant is None:
            raise NotFound(MISSING)
        dataset = self.pep.load(WORKER.who(), Dataset, grant.dataset).value
        ledger, before = self._ledger(site), self.pep.records.get(Cohort, key)
        # Read after the ledger: runs and outputs hear of a directive while the cohort still tells who is in it.
        if self._is_unheard(site):
            return
        unchanged = dataset.sha256 == grant.sha256
        question = questions.build(WORKER, permit, grant, self.pep.now(), unchanged=unchanged)
        if before is not None:
            step(TRANSITIONS, before.value.status, CohortCommand.BUILD)

        def effect(verdict: Verdict) -> Effect[Cohort]:
            self.pep.note(WORKER.who(), RecordSeen("dataset", dataset.id, "cohort"), verdict.bundle)
            cohort = self._select(permit, grant, dataset, ledger.value.epoch, verdict)
            event = CohortBuilt(permit.id, site, dataset.id, cohort.epoch, cohort.rows)
            return Effect(cohort, event, expects=(Expect(Ledger, site, ledger.version),))

        version = before.version if before else 0
        self.pep.create(WORKER.who(), question, effect, key, version)
        after = self.pep.load(WORKER.who(), Cohort, key).value
        if before is not None and before.value.rows != after.rows:
            self._remove(before.value)

    def _is_unheard(self, site: str) -> bool:
        """Say whether a directive of this site waits to be handed on."""
        waiting = self.facts.outbox(_MANY)
        return len(waiting) == _MANY or any(fact.data.get("holder") == site for fact in waiting)

    def _select(
        self, permit: DataPermit, grant: Grant, dataset: Dataset, epoch: int, verdict: Verdict
    ) -> Cohort:
        profile = DirectiveProfile.parse(verdict.profile)
        rows = list(rows_of(self.vault, dataset))
        subjects = [row[dataset.subject_field] for row in rows]
        directives = [stored.value for stored in self.pep.records.each(Directive, holder=grant.site)]
        said = [directive for directive in directives if directive.epoch <= epoch]
        is_erased = erased(self.pep.records, self.names, grant.site)
        there = [subject for subject in subjects if not is_erased(subject)]
        chosen = allowed(there, said, profile, permit.purpose, self.pep.now())
        key = permit.at_site(grant.site)
        data_key = self.keys.create(scope(permit.id))
        digest = rows_digest(self.keys.get(dataset_scope(dataset.id)), chosen)
        table = list(to_csv(extract(rows, dataset.subject_field, chosen, grant.fields, data_key)))
        self.vault.put(subjects_object(key, digest), scope(permit.id), ("\n".join(sorted(chosen)).encode(),))
        sha256 = self.vault.put(object_name(key, digest), scope(permit.id), table)
        return Cohort(
            id=key,
            permit=permit.id,
            site=grant.site,
            dataset=dataset.id,
            dataset_sha256=dataset.sha256,
            fields=grant.fields,
            epoch=epoch,
            bundle=verdict.bundle,
            subjects=len(chosen),
            excluded=len(subjects) - len(chosen),
            rows=digest,
            sha256=sha256,
            size=sum(map(len, table)),
        )

    def _heed(self, cohort: Cohort, fact: Happened) -> Answered:
        gone = cohort.status is CohortStatus.DESTROYED
        if gone or not self.holds(cohort.id, cohort.rows, str(fact.data["subject"])):
            return Answered(self.name, cohort.id, Action.NOT_HELD)
        rule = demanded(self.pep, fact, cohort.permit, cohort.site, cohort.id)
        if not rule.rebuild:
            return Answered(self.name, cohort.id, Action.LAWFUL_TO_KEEP)
        self._leave(cohort.id, CohortCommand.OUTDATE, CohortOutdated(cohort.permit, cohort.site))
        return Answered(self.name, cohort.id, Action.REMOVED)

    def _destroy(self, cohort: Cohort) -> Answered:
        if cohort.status is not CohortStatus.DESTROYED:
            self._leave(cohort.id, CohortCommand.DESTROY, CohortDestroyed(cohort.permit, cohort.site))
        return Answered(self.name, cohort.id, Action.REMOVED)

    def _leave(self, key: str, command: CohortCommand, event: Event) -> None:
        """Say that the cohort is left, then remove its rows; what a crash leaves behind the next build removes."""

        def effect(cohort: Cohort) -> Effect[Cohort]:
            return Effect(replace(cohort, status=step(TRANSITIONS, cohort.status, command)), event)

        self.pep.record(WORKER.who(), Cohort, key, effect)
        self._remove(self.pep.load(WORKER.who(), Cohort, key).value)

    def _remove(self, cohort: Cohort) -> None:
        self.vault.remove(object_name(cohort.id, cohort.rows))
        self.vault.remove(subjects_object(cohort.id, cohort.rows))

    def holds(self, key: str, rows: str, subject: str) -> bool:
        """Say whether the cohort `key` as it was with digest `rows` holds `subject`; in doubt it does."""
        return KeptMembers(self.pep.records, self.vault, self.keys).holds(key, rows, subject)

    def _of_permit(self, permit: str) -> tuple[Cohort, ...]:
        return tuple(stored.value for stored in self.pep.records.each(Cohort, permit=permit))

    def _ledger(self, site: str) -> Stored[Ledger]:
        return self.pep.records.get(Ledger, site) or Stored(Ledger(site), 0)
