"""Reading a cohort's manifest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from spe.audit.events.record import RecordSeen
from spe.cohort.model import Cohort, manifest
from spe.identity.model import Person
from spe.identity.questions import read_record
from spe.permit.model import DataPermit
from spe.permit.questions import see
from spe.policy.enforce import Enforcer


@dataclass(frozen=True, slots=True)
class CohortDesk:
    """Where cohorts' manifests are read: exact for the site's holder and auditors, coarse for everybody else."""

    pep: Enforcer

    def show(self, person: Person, permit_id: str, site: str) -> Mapping[str, Any]:
        """Return the manifest as `person` may see it."""
        permit = self.pep.load(person.who(), DataPermit, permit_id).value
        self.pep.reveal(person.who(), see(person, permit, self.pep.now(), "cohort", site=site), permit_id)
        cohort = self.pep.load(person.who(), Cohort, permit.at_site(site)).value
        question = read_record(person, "cohort", "exact", self.pep.now(), holders=(site,))
        exact = self.pep.point.ask(question).allow
        self.pep.note(person.who(), RecordSeen("cohort", cohort.id, "exact" if exact else "case"))
        return {"id": cohort.id, "status": cohort.status, **manifest(cohort, exact=exact)}
