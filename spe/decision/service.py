"""Use cases of a committee's case: opinions, declarations, blind votes, and the chair's decision."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from spe.audit.change import Change, Entry, Expect, Put
from spe.audit.events import Event
from spe.audit.events.decision import ConflictDeclared, OpinionGiven, RequestGranted, RequestRefused, VoteCast
from spe.audit.events.record import RecordSeen
from spe.audit.records import Stored
from spe.decision import questions
from spe.decision.model import (
    TRANSITIONS,
    Case,
    CaseCommand,
    CaseStatus,
    Conditions,
    Declaration,
    Opinion,
    OpinionKind,
    Vote,
)
from spe.decision.rules import asked_conditions, blind_view, queued
from spe.identity.model import Person
from spe.identity.questions import read_record
from spe.policy.enforce import Done, Enforcer, again
from spe.policy.model import Verdict
from spe.request.model import TRANSITIONS as REQUEST_TRANSITIONS
from spe.request.model import AccessRequest, RequestCommand, RequestStatus
from spe.request.questions import see
from spe.states import step

_SOME_LETTER = "a letter"


@dataclass(frozen=True, slots=True)
class Queue:
    """One page of what waits, and the identifier after which the next begins, None at the end."""

    items: tuple[Mapping[str, Any], ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Screen:
    """A case as its viewer may see it, and the verdict on each act of theirs; asking alone does nothing."""

    view: Mapping[str, Any]
    verdicts: Mapping[CaseCommand, Verdict]


@dataclass(frozen=True, slots=True)
class CaseDesk:
    """Where a committee decides on a request."""

    pep: Enforcer

    def opine(self, person: Person, id_: str, kind: OpinionKind, *, favourable: bool, text: str) -> Done:
        """Give a technical or an ethics and legal opinion."""

        def said(case: Case, number: int) -> Case:
            opinion = Opinion(kind, person.id, favourable, text, number)
            return replace(case, opinions=(*case.opinions, opinion))

        return self._step(person, id_, CaseCommand.OPINE, said, OpinionGiven(id_, kind, favourable))

    def declare(self, person: Person, id_: str, *, conflict: bool, text: str) -> Done:
        """Declare whether one has a conflict of interest; nobody votes before that."""

        def said(case: Case, number: int) -> Case:
            declaration = Declaration(person.id, conflict, text, number)
            return replace(case, declarations=(*case.declarations, declaration))

        return self._step(person, id_, CaseCommand.DECLARE, said, ConflictDeclared(id_, conflict))

    def vote(self, person: Person, id_: str, *, favour: bool, rationale: str) -> Done:
        """Cast the blind first vote."""

        def said(case: Case, number: int) -> Case:
            vote = Vote(person.id, person.organisation, favour, rationale, number)
            return replace(case, votes=(*case.votes, vote))

        return self._step(person, id_, CaseCommand.VOTE, said, VoteCast(id_))

    def decide(self, person: Person, id_: str, *, grant: bool, letter: str, conditions: Conditions) -> Done:
        """Grant the request under conditions, or refuse it, with a reasoned letter."""
        digest = hashlib.sha256(letter.encode()).hexdigest()
        command = CaseCommand.GRANT if grant else CaseCommand.REFUSE

        def decided(case: Case, _number: int) -> Case:
            return replace(
                case,
                letter=letter,
                conditions=conditions if grant else None,
                decided=self.pep.now(),
                chair=person.id,
            )

        event: Event = (
            RequestGranted(id_, digest, conditions.days, conditions.aggregates_only)
            if grant
            else RequestRefused(id_, digest)
        )
        return self._step(person, id_, command, decided, event, conditions=conditions, letter=letter)

    def waiting(self, person: Person, after: str = "", limit: int = 50) -> Queue:
        """Return the cases that wait for a decision, in id order after `after`: those that the caller may take part in."""
        now = self.pep.now()
        self.pep.reveal(person.who(), read_record(person, "case", "queue", now), "waiting")
        found = self.pep.records.find(AccessRequest, status=RequestStatus.SUBMITTED, after=after, limit=limit)
        requests = [stored.value for stored in found]
        verdicts = self.pep.point.ask_each([questions.see(person, one, now) for one in requests])
        seen = [one for one, verdict in zip(requests, verdicts, strict=True) if verdict.allow]
        self.pep.note(person.who(), RecordSeen("case", "waiting", "queue"))
        items = tuple(queued(self._case(request).value, request, person) for request in seen)
        return Queue(items, requests[-1].id if len(requests) == limit else None)

    def screen(self, person: Person, id_: str) -> Screen:
        """Return the case with what policy would say to each act of the caller, as far as no form has to be filled in first."""
        request, case, now = self._seen(person, id_)
        terms = asked_conditions(request)
        verdicts = self.pep.point.preview(
            [
                questions.decide(person, command, case, request, now, terms, _SOME_LETTER)
                for command in CaseCommand
            ]
        )
        # The entry of the reading comes after what was asked, and carries it.
        view = self._view(person, request, case, now)
        return Screen(view, dict(zip(CaseCommand, verdicts, strict=True)))

    def show(self, person: Person, id_: str) -> Mapping[str, Any]:
        """Return the case; others' votes stay hidden until voting is over and from who may still vote."""
        return self._view(person, *self._seen(person, id_))

    def _seen(self, person: Person, id_: str) -> tuple[AccessRequest, Case, int]:
        request, now = self.pep.load(person.who(), AccessRequest, id_).value, self.pep.now()
        self.pep.reveal(person.who(), questions.see(person, request, now), id_)
        return request, self._case(request).value, now

    def _view(self, person: Person, request: AccessRequest, case: Case, now: int) -> Mapping[str, Any]:
        unsealed = (
            case.status is CaseStatus.OPEN
            and self.pep.point.ask(questions.unseal(person, case, request, now)).allow
        )
        self.pep.note(person.who(), RecordSeen("case", request.id, "case"))
        return blind_view(case, request, str(person.id), unsealed=unsealed)

    def _step(
        self,
        person: Person,
        id_: str,
        command: CaseCommand,
        after: Callable[[Case, int], Case],
        event: Event,
        conditions: Conditions | None = None,
        letter: str = "",
    ) -> Done:
        def use_case() -> Done:
            request = self._request(person, id_)
            case = self._case(request.value)
            terms = conditions or asked_conditions(request.value)
            now = self.pep.now()
            question = questions.decide(person, command, case.value, request.value, now, terms, letter)
            verdict = self.pep.admit(person.who(), question, id_)
            status = step(TRANSITIONS, case.value.status, command)
            decided = replace(after(case.value, request.value.round), status=status)
            carried = _carried_over(request, command)
            change = Change(
                entries=(Entry(person.who(), event, self.pep.clock.now(), verdict.bundle),),
                puts=(Put(decided, case.version), *carried),
                expects=() if carried else (Expect(AccessRequest, id_, request.version),),
                bundle=verdict.bundle,
            )
            return Done(id_, status, self.pep.committer.commit(change))

        return again(use_case)

    def _request(self, person: Person, id_: str) -> Stored[AccessRequest]:
        stored = self.pep.load(person.who(), AccessRequest, id_)
        self.pep.reveal(person.who(), see(person, stored.value, self.pep.now()), id_)
        return stored

    def _case(self, request: AccessRequest) -> Stored[Case]:
        return self.pep.records.get(Case, request.id) or Stored(Case(id=request.id), 0)


def _carried_over(request: Stored[AccessRequest], command: CaseCommand) -> tuple[Put, ...]:
    """Return how a decision carries over to the request itself."""
    outcomes = {CaseCommand.GRANT: RequestCommand.GRANT, CaseCommand.REFUSE: RequestCommand.REFUSE}
    if command not in outcomes:
        return ()
    status = step(REQUEST_TRANSITIONS, request.value.status, outcomes[command])
    return (Put(replace(request.value, status=status), request.version),)
