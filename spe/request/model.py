"""A data access request: the contents of EHDS Art. 67, and the states it goes through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from spe.audit.events import Event, StaffRef
from spe.audit.events.decision import RequestGranted, RequestRefused
from spe.audit.events.request import RequestReturned, RequestSubmitted, RequestWithdrawn
from spe.catalogue.model import Identifiability
from spe.errors import Malformed
from spe.policy.model import Obligation

MOST_DATASETS = 50
MOST_VARIABLES = 300
MOST_VARIABLES_IN_ALL = 1000
MOST_TEAM = 100
MOST_USES = 20
MOST_TOOLS = 100
"""How much one application may ask for; more would take policy longer than others should have to wait."""


class Route(StrEnum):
    """Who decides, and by what law: a health data access body (EHDS Art. 68), or a consortium by its agreement."""

    EHDS = "ehds"
    CONSORTIUM = "consortium"


class RequestStatus(StrEnum):
    """Where a request stands."""

    SUBMITTED = "submitted"
    RETURNED = "returned"
    GRANTED = "granted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class RequestCommand(StrEnum):
    """What can be done with a request."""

    RESUBMIT = "resubmit"
    RETURN = "return"
    GRANT = "grant"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


TRANSITIONS: Mapping[tuple[RequestStatus, RequestCommand], RequestStatus] = {
    (RequestStatus.SUBMITTED, RequestCommand.RETURN): RequestStatus.RETURNED,
    (RequestStatus.SUBMITTED, RequestCommand.GRANT): RequestStatus.GRANTED,
    (RequestStatus.SUBMITTED, RequestCommand.REFUSE): RequestStatus.REFUSED,
    (RequestStatus.SUBMITTED, RequestCommand.WITHDRAW): RequestStatus.WITHDRAWN,
    (RequestStatus.RETURNED, RequestCommand.RESUBMIT): RequestStatus.SUBMITTED,
    (RequestStatus.RETURNED, RequestCommand.WITHDRAW): RequestStatus.WITHDRAWN,
}
LEAVES: Mapping[RequestCommand, type[Event]] = {
    RequestCommand.RESUBMIT: RequestSubmitted,
    RequestCommand.RETURN: RequestReturned,
    RequestCommand.GRANT: RequestGranted,
    RequestCommand.REFUSE: RequestRefused,
    RequestCommand.WITHDRAW: RequestWithdrawn,
}
"""What each command leaves in the log, in the very Change that takes the step."""


@dataclass(frozen=True, slots=True)
class TeamMember:
    """A person who would work under the permit, beside the applicant (Art. 73(1)(a): only listed people)."""

    id: StaffRef
    organisation: str


@dataclass(frozen=True, slots=True)
class WantedVariable:
    """A variable and why the purpose needs it (Art. 66: the minimum)."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class WantedDataset:
    """A dataset of the catalogue and the variables wanted of it."""

    dataset: str
    variables: tuple[WantedVariable, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What an applicant writes (Art. 67(2)); `purpose` is a letter of Art. 53(1), `uses` come from a closed list."""

    title: str
    lay_summary: str
    route: Route
    purpose: str
    purpose_detail: str
    public_body: bool
    commercial: bool
    uses: tuple[str, ...]
    disease: str
    datasets: tuple[WantedDataset, ...]
    identifiability: Identifiability
    pseudonymised_why: str
    legal_basis: str
    article_9: str
    team: tuple[TeamMember, ...]
    days: int
    safeguards: str
    tools: tuple[str, ...]
    ethics_reference: str
    opt_out_exception: str
    publication: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRequest:
    """An application that somebody submitted.

    `round` counts how often it was: what a committee member said in an earlier round was said on another
    application. `obligations` are the duties that policy answered with, among them what it refers to the committee.
    """

    table: ClassVar[str] = "access_request"
    indexed: ClassVar[tuple[str, ...]] = ("applicant", "status")

    id: str
    applicant: StaffRef
    organisation: str
    application: Application
    status: RequestStatus
    submitted: int
    round: int = 1
    obligations: tuple[Obligation, ...] = ()

    def people(self) -> frozenset[str]:
        """Return everybody who would use the data; none of them may decide, approve or check."""
        return frozenset({str(self.applicant), *(str(member.id) for member in self.application.team)})

    def organisations(self) -> frozenset[str]:
        """Return the organisations of those people."""
        return frozenset({self.organisation, *(member.organisation for member in self.application.team)})


def check_size(application: Application) -> None:
    """Raise `Malformed` for an application that is larger than any purpose needs."""
    counts = (
        ("datasets", len(application.datasets), MOST_DATASETS),
        ("team", len(application.team), MOST_TEAM),
        ("uses", len(application.uses), MOST_USES),
        ("tools", len(application.tools), MOST_TOOLS),
        ("variables of a dataset", _widest(application), MOST_VARIABLES),
        ("variables", sum(len(one.variables) for one in application.datasets), MOST_VARIABLES_IN_ALL),
    )
    for name, count, most in counts:
        if count > most:
            raise Malformed(f"Application: at most {most} {name}, and these are {count}")


def _widest(application: Application) -> int:
    return max((len(one.variables) for one in application.datasets), default=0)
