"""Use cases of the catalogue: announce a dataset, deliver its data, withdraw it, browse."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from spe.audit.events.catalogue import DatasetDelivered, DatasetRegistered, DatasetWithdrawn
from spe.audit.events.record import RecordSeen
from spe.catalogue import questions
from spe.catalogue.codebook import Count, count
from spe.catalogue.entry import object_name, scope, shown
from spe.catalogue.model import TRANSITIONS, Dataset, DatasetCommand, DatasetKind, DatasetStatus
from spe.catalogue.rules import fit_to_register
from spe.crypto.data_keys import DataKeys
from spe.crypto.vault import Vault
from spe.errors import NotKnownYet, NotNow, SpeError
from spe.identity.model import Person
from spe.identity.questions import read_record
from spe.ids import new_id
from spe.policy.enforce import Done, Effect, Enforcer
from spe.policy.model import Verdict
from spe.states import step


@dataclass(frozen=True, slots=True)
class CatalogueDesk:
    """Where data holders describe and deliver datasets and everybody looks for them."""

    pep: Enforcer
    vault: Vault
    keys: DataKeys

    def register(self, person: Person, dataset: Dataset) -> Done:
        """Announce a dataset; its status, counts and digest are not the holder's to say, so they start empty."""
        entry = replace(
            dataset,
            status=DatasetStatus.ANNOUNCED,
            subjects=0,
            sha256="",
            stored_as="",
            organisation=person.organisation,
        )
        fit_to_register(entry)
        question = questions.register(person, entry, self.pep.now(), delivering=False)
        event = DatasetRegistered(entry.id, entry.holder)
        return self.pep.create(person.who(), question, lambda _: Effect(entry, event), entry.id)

    def deliver(self, person: Person, id_: str, chunks: Iterable[bytes]) -> Done:
        """Seal the dataset's bytes, checked against its codebook on the way, and make the dataset available.

        Raises `Malformed` naming the first line that the codebook does not admit; nothing is kept then.
        """
        stored = self.pep.load(person.who(), Dataset, id_)
        question = questions.register(person, stored.value, self.pep.now(), delivering=True)
        self.pep.admit(person.who(), question, id_)
        step(TRANSITIONS, stored.value.status, DatasetCommand.DELIVER)
        if stored.value.kind is not DatasetKind.TABLE:
            raise NotNow(
                "of an imaging set only the entry is kept here: deliver it to a site that stores images"
            )
        self.keys.create(scope(id_))
        counted = Count()
        name = f"{object_name(id_)}.{new_id('data', self.pep.clock.now())}"
        sha256 = self.vault.put(name, scope(id_), count(chunks, stored.value, counted))

        def effect(dataset: Dataset, _verdict: Verdict) -> Effect[Dataset]:
            status = step(TRANSITIONS, dataset.status, DatasetCommand.DELIVER)
            after = replace(
                dataset, status=status, subjects=len(counted.subjects), sha256=sha256, stored_as=name
            )
            return Effect(after, DatasetDelivered(id_, sha256))

        try:
            return self.pep.alter(person.who(), Dataset, id_, ask=lambda _: question, effect=effect)
        except NotKnownYet:
            raise  # It may have been committed: then these are the bytes.
        except SpeError:
            self.vault.remove(name)
            raise

    def withdraw(self, person: Person, id_: str) -> Done:
        """Take a dataset out of the catalogue: nobody can ask for it any more."""
        now = self.pep.now()

        def effect(dataset: Dataset, _verdict: Verdict) -> Effect[Dataset]:
            status = step(TRANSITIONS, dataset.status, DatasetCommand.WITHDRAW)
            return Effect(replace(dataset, status=status), DatasetWithdrawn(id_))

        return self.pep.alter(
            person.who(),
            Dataset,
            id_,
            ask=lambda dataset: questions.register(person, dataset, now, delivering=True),
            effect=effect,
        )

    def browse(self, person: Person, after: str = "", limit: int = 50) -> tuple[Mapping[str, Any], ...]:
        """Return published entries, coarse counts only, in id order after `after`."""
        verdict = self.pep.reveal(
            person.who(), read_record(person, "dataset", "public", self.pep.now()), "catalogue"
        )
        self.pep.note(person.who(), RecordSeen("dataset", "catalogue", "public"), verdict.bundle)
        found = (stored.value for stored in self.pep.records.find(Dataset, after=after, limit=limit))
        return tuple(shown(one, exact=False) for one in found if one.status is not DatasetStatus.WITHDRAWN)

    def show(self, person: Person, id_: str) -> Mapping[str, Any]:
        """Return one entry; its holder and auditors see exact counts."""
        dataset = self.pep.load(person.who(), Dataset, id_).value
        exact = read_record(person, "dataset", "exact", self.pep.now(), holders=(dataset.holder,))
        public = read_record(person, "dataset", "public", self.pep.now(), holders=(dataset.holder,))
        view = "exact" if self.pep.point.ask(exact).allow else "public"
        self.pep.reveal(person.who(), exact if view == "exact" else public, id_)
        self.pep.note(person.who(), RecordSeen("dataset", id_, view))
        return shown(dataset, exact=view == "exact")
