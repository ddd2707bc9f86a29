"""A person as a verified token tells of them; nothing about a person is believed from anywhere else."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from spe.audit.change import Who
from spe.audit.events import StaffRef

SECOND_FACTOR = "second-factor"
"""The authentication context (`acr`) of a sign-in with a second factor; challenges ask for it by this name."""


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
    """Who calls. `holder` is the data holder they act for, or ""; all times are seconds since 1970.

    `second_factor_at` is when they last proved a second factor, 0 where this sign-in had none.
    """

    id: StaffRef
    name: str
    organisation: str
    roles: tuple[Role, ...]
    holder: str
    trained_until: int
    member_until: int
    second_factor_at: int = 0

    def who(self) -> Who:
        """Return the person as the log knows them."""
        return Who(self.id, self.organisation, "+".join(sorted(self.roles)))


WORKER = Person(StaffRef("worker"), "worker", "spe", (Role.WORKER,), "", 2**40, 2**40)
