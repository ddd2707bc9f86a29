"""What policy is asked about a committee's case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from spe.decision.model import Case, Conditions
from spe.identity.model import Person
from spe.identity.questions import Caller, RecordRead, caller, read_record
from spe.policy.model import Question
from spe.request.model import AccessRequest
from spe.values import says_something


@dataclass(frozen=True, slots=True)
class CastVote:
    """A vote as the quorum rule reads it."""

    by: str
    organisation: str
    favour: bool


@dataclass(frozen=True, slots=True)
class GivenOpinion:
    """An opinion as the rules read it."""

    kind: str
    by: str
    favourable: bool


@dataclass(frozen=True, slots=True)
class Decide(Question):
    """May the caller do `command` in this case (`unseal`: see the others' votes before the decision)?"""

    gate: ClassVar[str] = "decision.decide"
    caller: Caller
    now: int
    command: str
    request_status: str
    route: str
    people: tuple[str, ...]
    organisations: tuple[str, ...]
    opinions: tuple[GivenOpinion, ...]
    declared: tuple[str, ...]
    conflicted: tuple[str, ...]
    votes: tuple[CastVote, ...]
    letter: bool
    days_asked: int
    days: int
    aggregates_only: bool


def decide(
    person: Person,
    command: str,
    whole: Case,
    request: AccessRequest,
    now: int,
    conditions: Conditions,
    letter: str,
) -> Decide:
    """Ask whether `person` may do `command` in this case, under `conditions` and with `letter` where it decides.

    Policy is told only what was said in the request's current round.
    """
    case = whole.in_round(request.round)
    return Decide(
        caller=caller(person),
        now=now,
        command=command,
        request_status=request.status,
        route=request.application.route,
        people=tuple(sorted(request.people())),
        organisations=tuple(sorted(request.organisations())),
        opinions=tuple(GivenOpinion(one.kind, str(one.by), one.favourable) for one in case.opinions),
        declared=tuple(sorted(declaration.by for declaration in case.declarations)),
        conflicted=tuple(sorted(declaration.by for declaration in case.declarations if declaration.conflict)),
        votes=tuple(CastVote(str(vote.by), vote.organisation, vote.favour) for vote in case.votes),
        letter=says_something(letter),
        days_asked=request.application.days,
        days=conditions.days,
        aggregates_only=conditions.aggregates_only,
    )


def unseal(person: Person, case: Case, request: AccessRequest, now: int) -> Decide:
    """Ask whether `person` may see how the others voted while nothing is decided yet."""
    return decide(person, "unseal", case, request, now, Conditions(0, aggregates_only=True), "")


def see(person: Person, request: AccessRequest, now: int) -> RecordRead:
    """Ask whether `person` may read what the committee says about a request."""
    people, organisations = tuple(sorted(request.people())), tuple(sorted(request.organisations()))
    return read_record(person, "case", "case", now, people=people, organisations=organisations)
