"""A person as a verified token tells of them; nothing about a person is believed from anywhere else."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from spe.audit.change import Who
from spe.audit.events import StaffRef


class Role(StrEnum):
    """What a person may be; a person may be several, never two that check each other."""

    DATA_USER = "data_user"
    COMMITTEE = "committee"
    CHAIR = "chair"
    CODE_APPROVER = "code_approver"
    OUTPUT_CHECKER = "output_checker"
    AUDITOR = "auditor"
    DATA_HOLDER = "data_holder"
    OPERATOR = "operator"
    WORKER = "worker"


@dataclass(frozen=True, slots=True)
class Person:
    """Who calls. `holder` is the data holder they act for, or ""; `*_until` are seconds since 1970."""

    id: StaffRef
    name: str
    organisation: str
    roles: tuple[Role, ...]
    holder: str
    trained_until: int
    member_until: int

    def who(self) -> Who:
        """Return the person as the log knows them."""
        return Who(self.id, self.organisation, "+".join(sorted(self.roles)))


WORKER = Person(StaffRef("worker"), "worker", "spe", (Role.WORKER,), "", 2**40, 2**40)
