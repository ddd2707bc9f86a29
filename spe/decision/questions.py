"""What policy is asked about a committee's case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from spe.decision.model import Case, CaseCommand, Conditions
from spe.identity.model import Person
from spe.identity.questions import Caller, caller
from spe.policy.model import Question
from spe.request.model import AccessRequest


@dataclass(frozen=True, slots=True)
class CastVote:
    """A vote as the quorum rule reads it."""

    by: str
    organisation: str
    favour: bool


@dataclass(frozen=True, slots=True)
class Decide(Question):
    """May the caller do `command` in this case? For granting: are opinions, quorum and letter there?"""

    gate: ClassVar[str] = "decision.decide"
    caller: Caller
    now: int
    command: str
    request_status: str
    route: str
    people: tuple[str, ...]
    organisations: tuple[str, ...]
    opinions: tuple[str, ...]
    unfavourable: tuple[str, ...]
    declared: tuple[str, ...]
    conflicted: tuple[str, ...]
    votes: tuple[CastVote, ...]
    letter: bool
    days_asked: int
    days: int
    aggregates_only: bool


def decide(
    person: Person,
    command: CaseCommand,
    case: Case,
    request: AccessRequest,
    now: int,
    conditions: Conditions,
    letter: str,
) -> Decide:
    """Ask whether `person` may do `command` in `case`, under `conditions` and with `letter` where it decides."""
    return Decide(
        caller=caller(person),
        now=now,
        command=command,
        request_status=request.status,
        route=request.application.route,
        people=tuple(sorted(request.people())),
        organisations=tuple(sorted(request.organisations())),
        opinions=tuple(sorted({opinion.kind for opinion in case.opinions})),
        unfavourable=tuple(sorted({opinion.kind for opinion in case.opinions if not opinion.favourable})),
        declared=tuple(sorted(declaration.by for declaration in case.declarations)),
        conflicted=tuple(sorted(declaration.by for declaration in case.declarations if declaration.conflict)),
        votes=tuple(CastVote(str(vote.by), vote.organisation, vote.favour) for vote in case.votes),
        letter=bool(letter.strip()),
        days_asked=request.application.days,
        days=conditions.days,
        aggregates_only=conditions.aggregates_only,
    )
