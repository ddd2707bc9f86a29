"""A subject's question (GDPR Art. 15): what happened with my data here, with the entries by which it can be checked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from spe.audit.events import SubjectRef
from spe.audit.events.erasure import SubjectReported
from spe.audit.reading import LogReader, StaffOpener
from spe.audit.receipts import Receipt, fact_place
from spe.consent.erased import Names, erased
from spe.consent.model import Directive, subject_name
from spe.crypto.data_keys import DataKeys
from spe.crypto.vault import Vault
from spe.identity.model import Person
from spe.permit.model import DataPermit, is_over
from spe.policy.enforce import Enforcer
from spe.subject import questions
from spe.subject.evidence import Evidence, Seen, looks, recorded, steps
from spe.subject.instants import told
from spe.subject.known import checked, datasets_of
from spe.subject.model import AnswerTold, DatasetTold, DirectiveTold, Report, UseTold
from spe.subject.uses import Use, Uses

_NOBODY = SubjectRef("")


@dataclass(frozen=True, slots=True)
class SubjectDesk:
    """Where a subject's holder, and auditors, ask what happened with a subject's data."""

    pep: Enforcer
    log: LogReader
    opener: StaffOpener
    vault: Vault
    keys: DataKeys
    names: Names

    def report(self, person: Person, holder: str, subject: str) -> Report:
        """Return the report, once the asking is in the log; somebody unknown, unused or erased reads the same."""
        verdict = self.pep.reveal(person.who(), questions.report(person, holder, self.pep.now()), holder)
        name = subject_name(holder, checked(subject))
        gone = erased(self.pep.records, self.names, holder)(subject)
        # Who was erased gets no new key: it would make a new link.
        about = _NOBODY if gone else SubjectRef(name)
        asked = self.pep.note(person.who(), SubjectReported(holder, about), verdict.bundle)
        evidence = Evidence(self.log, self.opener, self.log.head().size)
        uses = () if gone else self._uses(person, holder, subject, evidence)
        receipts = tuple(one.value for one in self.pep.records.each(Receipt, about=name))
        things = {thing for use in uses for thing in (use.permit.id, *use.things)}
        facts = {receipt.fact for receipt in receipts}
        seen = evidence.of(asked) if gone else evidence.about(name, (*sorted(things), *sorted(facts)))
        return Report(
            holder=holder,
            subject=subject,
            at=told(self.pep.now()),
            size=evidence.size,
            datasets=self._datasets(holder),
            directives=self._directives(holder, subject, receipts, seen, evidence),
            uses=tuple(self._told(use, holder, seen) for use in uses),
            looks=looks(seen),
        )

    def _datasets(self, holder: str) -> tuple[DatasetTold, ...]:
        return tuple(
            DatasetTold(one.id, one.title, one.organisation, one.country, one.identifiability)
            for one in datasets_of(self.pep.records, holder)
        )

    def _uses(self, person: Person, holder: str, subject: str, evidence: Evidence) -> tuple[Use, ...]:
        records = self.pep.records
        uses = Uses(self.pep, person.who(), self.vault, self.keys, self.names, holder)
        found = (
            uses.of(subject, stored.value, builds)
            for permit, builds in sorted(evidence.builds(holder).items())
            if (stored := records.get(DataPermit, permit)) is not None
        )
        return tuple(use for use in found if use is not None)

    def _directives(
        self,
        holder: str,
        subject: str,
        receipts: tuple[Receipt, ...],
        seen: tuple[Seen, ...],
        evidence: Evidence,
    ) -> tuple[DirectiveTold, ...]:
        entries, answers = recorded(seen), _answers(receipts, seen, evidence)
        found = (stored.value for stored in self.pep.records.each(Directive, holder=holder, subject=subject))
        return tuple(
            DirectiveTold(
                one.kind,
                one.purpose,
                told(one.effective),
                told(one.recorded),
                entries.get(one.epoch, -1),
                tuple(answers.get(one.epoch, ())),
            )
            for one in sorted(found, key=lambda one: one.epoch)
        )

    def _told(self, use: Use, holder: str, seen: tuple[Seen, ...]) -> UseTold:
        permit, built = use.permit, frozenset(build.entry for build in use.builds)
        over = is_over(permit, self.pep.now())
        expired = over and permit.status != "revoked"
        return UseTold(
            permit=permit.id,
            route=permit.route,
            purpose=permit.purpose,
            legal_basis=permit.legal_basis,
            article_9=permit.article_9,
            deciding=permit.controllers.deciding,
            providing=permit.controllers.providing,
            using=permit.controllers.using,
            recipients=permit.organisations(),
            dataset=use.grant.dataset,
            fields=use.grant.fields,
            issued=told(permit.issued),
            expires=told(permit.expires),
            status="expired" if expired else permit.status.value,
            certainty=use.certainty,
            steps=steps(seen, permit.id, holder, use.things, built),
        )


def _answers(
    receipts: tuple[Receipt, ...], seen: tuple[Seen, ...], evidence: Evidence
) -> Mapping[int, list[AnswerTold]]:
    """Return the receipts by the place in the ledger of the directive that they answer."""
    given = {
        (one.data["fact"], one.data["holder"], one.data["thing"]): one.index
        for one in seen
        if one.type == "reaction.receipt"
    }
    found: dict[int, list[AnswerTold]] = defaultdict(list)
    for receipt in sorted(receipts, key=lambda one: one.id):
        index, place = fact_place(receipt.fact)
        imported = evidence.imported(index) if index >= 0 else {}
        if imported:
            entry = given.get((receipt.fact, receipt.holder, receipt.thing), -1)
            answer = AnswerTold(receipt.holder, receipt.thing, receipt.action, told(receipt.at), entry)
            found[imported["epoch"] - imported["taken"] + 1 + place].append(answer)
    return found
