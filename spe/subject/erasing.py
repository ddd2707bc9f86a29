"""A holder has a subject's traces erased: what is asked, and what is committed before anything is destroyed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from spe.audit.change import Change, Entry, Expect, Put
from spe.audit.events.erasure import ErasureOrdered
from spe.audit.receipts import Outbox
from spe.audit.records import Stored
from spe.cohort.model import Cohort, CohortStatus
from spe.cohort.place import Members
from spe.consent.erased import Names, hidden
from spe.consent.model import Erasure, Ledger, subject_name
from spe.crypto.vault import Vault
from spe.identity.model import Person
from spe.ids import new_id
from spe.permit.model import DataPermit, is_over
from spe.policy.enforce import Done, Enforcer, again
from spe.subject import questions
from spe.subject.held import holds_on_subject
from spe.subject.known import checked, is_known

_MANY = 500


@dataclass(frozen=True, slots=True)
class ErasureDesk:
    """Where data holders bring their subjects' requests to be erased."""

    pep: Enforcer
    vault: Vault
    members: Members
    facts: Outbox
    names: Names

    def order(self, person: Person, holder: str, subject: str, ground: str) -> Done:
        """Order the erasure of a subject of `holder`; the worker does it, and goes on until it is done.

        Whoever isn't one of the holder's subjects (a member of staff, say) reads as not there, and that is logged.
        """
        who = person.who()
        self.pep.reveal(who, questions.report(person, holder, self.pep.now()), holder)
        if not is_known(self.pep.records, self.vault, self.names, holder, checked(subject)):
            raise self.pep.absent(who, holder)
        return again(lambda: self._order(person, holder, subject, ground))

    def _order(self, person: Person, holder: str, subject: str, ground: str) -> Done:
        name, now = subject_name(holder, subject), self.pep.now()
        cohorts = tuple(self.pep.records.each(Cohort, site=holder))
        ledger = self.pep.records.get(Ledger, holder) or Stored(Ledger(holder), 0)
        question = questions.erase(
            person,
            holder,
            ground,
            now,
            holds=len(holds_on_subject(self.pep.records, holder, subject)),
            waiting=self._is_unheard(name),
            permits=self._using((stored.value for stored in cohorts), subject),
        )
        verdict = self.pep.admit(person.who(), question, holder)
        born = self.pep.clock.now()
        erasure = Erasure(
            id=new_id("ers", born),
            holder=holder,
            hidden=hidden(self.names, holder, subject),
            subject=subject,
            ground=ground,
            asked=now,
        )
        # The ledger moves on: every cohort of the holder is built again, and no build that began before commits.
        moved = replace(ledger.value, epoch=ledger.value.epoch + 1)
        event = ErasureOrdered(erasure.id, holder, ground)
        change = Change(
            entries=(Entry(person.who(), event, born, verdict.bundle),),
            puts=(Put(erasure, 0), Put(moved, ledger.version)),
            expects=tuple(Expect(Cohort, stored.value.id, stored.version) for stored in cohorts),
            bundle=verdict.bundle,
        )
        return Done(erasure.id, erasure.status, self.pep.committer.commit(change))

    def _is_unheard(self, name: str) -> bool:
        waiting = self.facts.outbox(_MANY)
        return len(waiting) == _MANY or any(fact.about == name for fact in waiting)

    def _using(self, cohorts: Iterable[Cohort], subject: str) -> Iterator[DataPermit]:
        """Yield the permits in force whose cohort among these holds the subject, or may hold them."""
        for cohort in cohorts:
            permit = self.pep.records.get(DataPermit, cohort.permit)
            if cohort.status is CohortStatus.DESTROYED or permit is None:
                continue
            grant = permit.value.grant(cohort.site)
            anonymised = grant is not None and grant.identifiability == "anonymised"
            if anonymised or is_over(permit.value, self.pep.now()):
                continue
            if self.members.holds(cohort.id, cohort.rows, subject):
                yield permit.value
