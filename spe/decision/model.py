"""A committee's case: opinions, declared conflicts, blind first votes, and the chair's letter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import ClassVar

from spe.audit.events import Event, StaffRef
from spe.audit.events.decision import ConflictDeclared, OpinionGiven, RequestGranted, RequestRefused, VoteCast


class CaseStatus(StrEnum):
    """A case collects opinions and votes while open, and ends granted or refused."""

    OPEN = "open"
    GRANTED = "granted"
    REFUSED = "refused"


class CaseCommand(StrEnum):
    """What a committee member may do; only the chair grants or refuses."""

    OPINE = "opine"
    DECLARE = "declare"
    VOTE = "vote"
    GRANT = "grant"
    REFUSE = "refuse"


TRANSITIONS: Mapping[tuple[CaseStatus, CaseCommand], CaseStatus] = {
    (CaseStatus.OPEN, CaseCommand.OPINE): CaseStatus.OPEN,
    (CaseStatus.OPEN, CaseCommand.DECLARE): CaseStatus.OPEN,
    (CaseStatus.OPEN, CaseCommand.VOTE): CaseStatus.OPEN,
    (CaseStatus.OPEN, CaseCommand.GRANT): CaseStatus.GRANTED,
    (CaseStatus.OPEN, CaseCommand.REFUSE): CaseStatus.REFUSED,
}
LEAVES: Mapping[CaseCommand, type[Event]] = {
    CaseCommand.OPINE: OpinionGiven,
    CaseCommand.DECLARE: ConflictDeclared,
    CaseCommand.VOTE: VoteCast,
    CaseCommand.GRANT: RequestGranted,
    CaseCommand.REFUSE: RequestRefused,
}
"""What each command leaves in the log, in the very Change that takes the step."""


class OpinionKind(StrEnum):
    """The two opinions a decision needs."""

    TECHNICAL = "technical"
    ETHICS_LEGAL = "ethics_legal"


@dataclass(frozen=True, slots=True)
class Opinion:
    """A reasoned opinion on the case; it counts in the round of the request in which it was given."""

    kind: OpinionKind
    by: StaffRef
    favourable: bool
    text: str
    round: int


@dataclass(frozen=True, slots=True)
class Vote:
    """One member's first vote of a round; it stays hidden from the others until every voter has cast theirs."""

    by: StaffRef
    organisation: str
    favour: bool
    rationale: str
    round: int


@dataclass(frozen=True, slots=True)
class Declaration:
    """A member's word on a conflict of interest with the application of a round; who has one does not vote."""

    by: StaffRef
    conflict: bool
    text: str
    round: int


@dataclass(frozen=True, slots=True)
class Conditions:
    """Conditions that become machine rules of the permit; `days` never exceeds what was asked for."""

    days: int
    aggregates_only: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """The case of one request; it carries the request's id as its own."""

    table: ClassVar[str] = "case"
    indexed: ClassVar[tuple[str, ...]] = ("status",)

    id: str
    status: CaseStatus = CaseStatus.OPEN
    opinions: tuple[Opinion, ...] = ()
    declarations: tuple[Declaration, ...] = ()
    votes: tuple[Vote, ...] = ()
    conditions: Conditions | None = None
    letter: str = ""
    decided: int = 0
    chair: StaffRef = StaffRef("")

    def in_round(self, number: int) -> Case:
        """Return the case with only what was said on the application of that round."""
        return replace(
            self,
            opinions=tuple(one for one in self.opinions if one.round == number),
            declarations=tuple(one for one in self.declarations if one.round == number),
            votes=tuple(one for one in self.votes if one.round == number),
        )
