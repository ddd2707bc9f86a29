"""What policy is asked about a request: the same rules answer before submitting (preflight) and at submitting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from spe.catalogue.model import Dataset, DatasetStatus
from spe.catalogue.questions import Condition, conditions
from spe.identity.model import Person
from spe.identity.questions import Caller, RecordRead, caller, read_record
from spe.policy.model import Question
from spe.request.model import AccessRequest, Application, RequestStatus
from spe.values import says_something


@dataclass(frozen=True, slots=True)
class AskedDataset:
    """A dataset of the request as the published catalogue shows it; `known` is false where it shows none."""

    dataset: str
    known: bool
    holder: str
    country: str
    identifiability: str
    purposes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AskedVariable:
    """A variable of the request; `group` is what the minimisation profile speaks of, "" where unknown."""

    dataset: str
    name: str
    group: str
    why: bool


@dataclass(frozen=True, slots=True)
class Completeness:
    """Which of the texts that Art. 67(2) wants are there."""

    title: bool
    lay_summary: bool
    purpose_detail: bool
    pseudonymised_why: bool
    safeguards: bool
    tools: bool
    ethics_reference: bool
    publication: bool


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """An application as policy reads it: no free text."""

    route: str
    purpose: str
    public_body: bool
    commercial: bool
    uses: tuple[str, ...]
    disease: str
    identifiability: str
    legal_basis: str
    article_9: str
    opt_out_exception: bool
    days: int
    team_organisations: tuple[str, ...]
    complete: Completeness
    datasets: tuple[AskedDataset, ...]
    variables: tuple[AskedVariable, ...]
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class RequestPreflight(Question):
    """Which rules would refuse this draft? Sees the draft, the published catalogue and the caller only."""

    gate: ClassVar[str] = "request.preflight"
    caller: Caller
    now: int
    request: RequestFacts


@dataclass(frozen=True, slots=True)
class RequestSubmit(Question):
    """May the caller submit this application?"""

    gate: ClassVar[str] = "request.submit"
    caller: Caller
    now: int
    request: RequestFacts


@dataclass(frozen=True, slots=True)
class RequestAct(Question):
    """May the caller withdraw, return or resubmit this request?"""

    gate: ClassVar[str] = "request.act"
    caller: Caller
    now: int
    command: str
    applicant: str
    people: tuple[str, ...]
    organisations: tuple[str, ...]
    status: RequestStatus


def facts(application: Application, datasets: Mapping[str, Dataset]) -> RequestFacts:
    """Return the application in policy's words, with what the published catalogue says of its datasets."""
    found = [datasets[wanted.dataset] for wanted in application.datasets if wanted.dataset in datasets]
    return RequestFacts(
        route=application.route,
        purpose=application.purpose,
        public_body=application.public_body,
        commercial=application.commercial,
        uses=application.uses,
        disease=application.disease,
        identifiability=application.identifiability,
        legal_basis=application.legal_basis,
        article_9=application.article_9,
        opt_out_exception=says_something(application.opt_out_exception),
        days=application.days,
        team_organisations=tuple(sorted({member.organisation for member in application.team})),
        complete=_completeness(application),
        datasets=tuple(_asked(wanted.dataset, datasets) for wanted in application.datasets),
        variables=_variables(application, datasets),
        conditions=tuple(condition for dataset in found for condition in conditions(dataset)),
    )


def preflight(person: Person, request: RequestFacts, now: int) -> RequestPreflight:
    """Ask which rules would refuse `request`."""
    return RequestPreflight(caller(person), now, request)


def submit(person: Person, request: RequestFacts, now: int) -> RequestSubmit:
    """Ask whether `person` may submit `request`."""
    return RequestSubmit(caller(person), now, request)


def act(person: Person, command: str, request: AccessRequest, now: int) -> RequestAct:
    """Ask whether `person` may do `command` to a submitted request."""
    people, organisations = tuple(sorted(request.people())), tuple(sorted(request.organisations()))
    applicant, status = str(request.applicant), request.status
    return RequestAct(caller(person), now, command, applicant, people, organisations, status)


def see(person: Person, request: AccessRequest, now: int) -> RecordRead:
    """Ask whether `person` may know of a submitted request."""
    people, organisations = tuple(sorted(request.people())), tuple(sorted(request.organisations()))
    return read_record(person, "access_request", "case", now, people=people, organisations=organisations)


def _completeness(application: Application) -> Completeness:
    return Completeness(
        title=says_something(application.title),
        lay_summary=says_something(application.lay_summary),
        purpose_detail=says_something(application.purpose_detail),
        pseudonymised_why=says_something(application.pseudonymised_why),
        safeguards=says_something(application.safeguards),
        tools=any(map(says_something, application.tools)),
        ethics_reference=says_something(application.ethics_reference),
        publication=says_something(application.publication),
    )


def _asked(name: str, datasets: Mapping[str, Dataset]) -> AskedDataset:
    dataset = datasets.get(name)
    if dataset is None or dataset.status is not DatasetStatus.AVAILABLE:
        return AskedDataset(name, known=False, holder="", country="", identifiability="", purposes=())
    return AskedDataset(
        name, True, dataset.holder, dataset.country, dataset.identifiability, dataset.purposes
    )


def _variables(application: Application, datasets: Mapping[str, Dataset]) -> tuple[AskedVariable, ...]:
    asked = []
    for wanted in application.datasets:
        dataset = datasets.get(wanted.dataset)
        for variable in wanted.variables:
            known = dataset.variable(variable.name) if dataset else None
            group = str(known.group) if known else ""
            asked.append(AskedVariable(wanted.dataset, variable.name, group, says_something(variable.why)))
    return tuple(asked)
