"""The record of processing activities: whose it is decides what is in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from spe.audit.events.ropa import RopaExported
from spe.audit.reading import LogReader, StaffOpener
from spe.catalogue.model import Dataset, Identifiability
from spe.consent.model import Directive, Ledger
from spe.identity.model import Person
from spe.permit.model import DataPermit
from spe.policy.enforce import Enforcer
from spe.ropa import activities as made
from spe.ropa import questions
from spe.ropa.evidence import Done, done
from spe.ropa.model import VERSION, Activity, Register, Ropa, missing
from spe.subject.instants import told


@dataclass(frozen=True, slots=True)
class RopaDesk:
    """Where the record of processing activities is asked for."""

    pep: Enforcer
    log: LogReader
    opener: StaffOpener
    demo: bool

    def export(self, person: Person, scope: str) -> Ropa:
        """Return the record of `scope`, or all of it for "", once the asking is in the log."""
        verdict = self.pep.admit(person.who(), questions.export(person, scope, self.pep.now()), scope)
        register = Register.parse(verdict.profile)
        self.pep.note(person.who(), RopaExported(scope), verdict.bundle)
        size = self.log.head().size
        seen = done(self.log, self.opener, self.pep.records, size)
        found = tuple(self._activities(register, scope, seen))
        return Ropa(
            version=VERSION,
            register=register.version,
            scope=scope,
            demo=self.demo,
            at=told(self.pep.now()),
            size=size,
            activities=found,
            missing=missing(found),
        )

    def _activities(self, register: Register, scope: str, seen: Done) -> Iterator[Activity]:
        now = self.pep.now()
        for stored in self.pep.records.each(DataPermit):
            permit = stored.value
            sites = _sites(permit, register, scope)
            if sites:
                yield made.of_permit(register, permit, sites, self._datasets(permit, sites), seen, now)
        where = {"holder": scope} if scope else {}
        for dataset in self.pep.records.each(Dataset, **where):
            if dataset.value.identifiability is Identifiability.PSEUDONYMISED:
                yield made.of_dataset(register, dataset.value)
        for ledger in self.pep.records.each(Ledger):
            if scope in {"", ledger.value.id}:
                yield made.of_directives(register, ledger.value.id, self._speakers(ledger.value.id))
        if scope in {"", register.environment}:
            yield made.of_log(register)

    def _datasets(self, permit: DataPermit, sites: tuple[str, ...]) -> tuple[Dataset, ...]:
        granted = (permit.grant(site) for site in sites)
        found = (self.pep.records.get(Dataset, grant.dataset) for grant in granted if grant is not None)
        return tuple(stored.value for stored in found if stored is not None)

    def _speakers(self, holder: str) -> int:
        return len({stored.value.subject for stored in self.pep.records.each(Directive, holder=holder)})


def _sites(permit: DataPermit, register: Register, scope: str) -> tuple[str, ...]:
    """Return the sites of a permit that are in a record's scope: a holder's own, all of a user's or the decider's."""
    sites = tuple(grant.site for grant in permit.grants)
    decider = register.standing_for.get(permit.controllers.deciding, "")
    whole = {"", permit.controllers.using, *permit.organisations(), decider, register.environment}
    return sites if scope in whole else tuple(site for site in sites if site == scope)
