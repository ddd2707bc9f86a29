"""Everybody in a world, and where stories may begin: with data, a permit, approved code, an approved table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from spe.cohort.model import Cohort
from spe.cohort.office import CohortOffice
from tests.builders import MILANO, THERAPY_TABLE, Site, Table, application, patients, project
from tests.voices import Approvers, Auditor, Checkers, Committee, Holder, Researcher, Voice
from tests.world import World


@dataclass(frozen=True, slots=True)
class Cast:
    """The people of a world by their roles."""

    world: World

    @property
    def researcher(self) -> Researcher:
        return Researcher(self.world, "anna.ricci")

    @property
    def colleague(self) -> Researcher:
        """Is on the researcher's team, of another organisation."""
        return Researcher(self.world, "jonas.weber")

    @property
    def committee(self) -> Committee:
        return Committee(self.world)

    @property
    def approvers(self) -> Approvers:
        return Approvers(self.world, "mikko.virtanen", "zofia.nowak", "paul.moreau")

    @property
    def checkers(self) -> Checkers:
        return Checkers(self.world, "claire.dubois", "tomas.novak", "ines.costa")

    @property
    def auditor(self) -> Auditor:
        return Auditor(self.world, "ruth.keller")

    @property
    def operator(self) -> Voice:
        return Voice(self.world, "oscar.berg")

    @property
    def cohorts(self) -> CohortOffice:
        """Return the worker's office of cohorts, for a look at vault and keys that no API gives."""
        return self.world.office(CohortOffice)

    def cohort_rows(self, key: str) -> str:
        """Return the digest of the subjects of the cohort `key` (permit.site), by which its objects are named."""
        stored = self.cohorts.pep.records.get(Cohort, key)
        assert stored is not None
        return stored.value.rows

    def holder(self, site: Site = MILANO) -> Holder:
        return Holder(self.world, site.persona)

    def given_data(self, *tables: Table, purpose: str = "e") -> tuple[Table, ...]:
        """Let holders deliver tables, of people who have all consented."""
        for table in tables or (tables := (patients(),)):
            holder = self.holder(table.site)
            holder.registers(table)
            holder.records(table.site, *((subject, "consent", purpose) for subject in table.subjects))
        return tables

    def given_permit(self, *tables: Table, aggregates_only: bool = True, **said: Any) -> str:
        """Let the committee grant an application for `tables`, which are delivered already; its cohorts are built."""
        case = self.researcher.submits(application(*tables, **said))
        return self.committee.grants(case, aggregates_only=aggregates_only)

    def given_code(self, permit: str, wanted: Mapping[str, Any] | None = None) -> str:
        """Let code be registered and approved; it counts by therapy unless another project is `wanted`."""
        code = self.researcher.registers(permit, wanted or project(THERAPY_TABLE))
        self.approvers.approve(code)
        return code

    def given_run(self, permit: str, code: str, site: Site = MILANO) -> dict[str, Any]:
        """Let the code run on real data in an open workspace; return its outputs by name, checked by the machine."""
        run = self.researcher.starts(permit, site, code)
        assert self.researcher.waits(run)["state"] == "finished"
        return self.researcher.outputs(run)

    def given_approved(self, output: str) -> str:
        """Let an output be brought to the checkers and approved by both."""
        self.researcher.brings(output)
        self.checkers.approve(output)
        return output
