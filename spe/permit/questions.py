"""What policy is asked about a permit, and how every later stage tells policy of the permit it acts under."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from spe.audit.receipts import Happened
from spe.catalogue.questions import Condition
from spe.decision.model import Case
from spe.identity.model import Person
from spe.identity.questions import Caller, RecordRead, caller, read_record
from spe.permit.model import DataPermit, PermitCommand
from spe.policy.model import Question
from spe.request.model import AccessRequest
from spe.values import says_something


@dataclass(frozen=True, slots=True)
class ListedMember:
    """A person whom the permit lists, and the organisation for which it does."""

    id: str
    organisation: str


@dataclass(frozen=True, slots=True)
class PermitFacts:
    """The permit as every later gate reads it; whether it has expired policy works out from `now`."""

    permit: str
    route: str
    purpose: str
    status: str
    expires: int
    applicant: str
    members: tuple[ListedMember, ...]
    sites: tuple[str, ...]
    aggregates_only: bool
    demo: bool


@dataclass(frozen=True, slots=True)
class PermitIssue(Question):
    """May a permit be issued for this granted case? Answers with obligations from the datasets' DUO terms."""

    gate: ClassVar[str] = "permit.issue"
    caller: Caller
    now: int
    request: str
    request_status: str
    case_status: str
    letter: bool
    route: str
    days: int
    days_asked: int
    datasets: int
    datasets_available: int
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class PermitAct(Question):
    """May the caller suspend, resume, hear, reply or revoke?"""

    gate: ClassVar[str] = "permit.act"
    caller: Caller
    now: int
    command: str
    permit: PermitFacts
    hearing_opened: int
    hearing_replied: int
    reason: bool


@dataclass(frozen=True, slots=True)
class ReactionRule(Question):
    """What must a holder of data do on this fact: stop running use, hold pending outputs, rebuild, or nothing?

    Answers with a profile: {version: 1, stop_runs, hold_outputs, rebuild} as truth values.
    """

    gate: ClassVar[str] = "reaction.rule"
    caller: Caller
    now: int
    fact: str
    directive: str
    directive_effective: int
    route: str
    legal_basis: str
    identifiability: str
    issued: int


def facts(permit: DataPermit) -> PermitFacts:
    """Return the permit in policy's words."""
    return PermitFacts(
        permit=permit.id,
        route=permit.route,
        purpose=permit.purpose,
        status=permit.status,
        expires=permit.expires,
        applicant=str(permit.applicant),
        members=tuple(ListedMember(str(one.id), one.organisation) for one in permit.members),
        sites=tuple(sorted(grant.site for grant in permit.grants)),
        aggregates_only=permit.aggregates_only,
        demo=permit.demo,
    )


def issue(
    person: Person,
    request: AccessRequest,
    case: Case,
    available: int,
    conditions: tuple[Condition, ...],
    now: int,
) -> PermitIssue:
    """Ask whether the permit for `case` may be issued; `available` of its datasets are, under DUO `conditions`."""
    return PermitIssue(
        caller=caller(person),
        now=now,
        request=request.id,
        request_status=request.status,
        case_status=case.status,
        letter=says_something(case.letter),
        route=request.application.route,
        days=case.conditions.days if case.conditions else 0,
        days_asked=request.application.days,
        datasets=len(request.application.datasets),
        datasets_available=available,
        conditions=conditions,
    )


def act(person: Person, command: PermitCommand, permit: DataPermit, *, reason: bool, now: int) -> PermitAct:
    """Ask whether `person` may do `command` to `permit`; `reason` says whether grounds or a reply were given."""
    heard = permit.hearing
    opened, replied = (heard.opened, heard.replied) if heard else (0, 0)
    return PermitAct(caller(person), now, command, facts(permit), opened, replied, reason)


def see(
    person: Person,
    permit: DataPermit,
    now: int,
    kind: str = "data_permit",
    view: str = "case",
    site: str = "",
) -> RecordRead:
    """Ask whether `person` may know of a permit, or of a thing of `kind` under it (at `site`)."""
    return read_record(
        person,
        kind,
        view,
        now,
        people=permit.users(),
        organisations=permit.organisations(),
        holders=tuple(sorted(grant.site for grant in permit.grants if site in {"", grant.site})),
    )


def reaction(person: Person, fact: Happened, permit: DataPermit, site: str, now: int) -> ReactionRule:
    """Ask what `fact` demands where data are used under `permit` at `site`."""
    grant = permit.grant(site)
    return ReactionRule(
        caller=caller(person),
        now=now,
        fact=fact.kind,
        directive=str(fact.data.get("kind", "")),
        directive_effective=int(fact.data.get("effective", 0)),
        route=permit.route,
        legal_basis=permit.legal_basis,
        identifiability=grant.identifiability if grant else "",
        issued=permit.issued,
    )
