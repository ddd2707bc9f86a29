"""Use cases of a permit: suspend, resume, hear, reply, revoke, read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from spe.audit.change import Fact
from spe.audit.events import Event, digest_of
from spe.audit.events.permit import (
    HearingOpened,
    HearingReplied,
    PermitResumed,
    PermitRevoked,
    PermitSuspended,
)
from spe.audit.events.record import RecordSeen
from spe.crypto.statements import Signed
from spe.errors import NotFound
from spe.identity.model import Person
from spe.permit import questions
from spe.permit.model import TRANSITIONS, DataPermit, Hearing, PermitCommand
from spe.policy.enforce import MISSING, Done, Effect, Enforcer
from spe.policy.model import Verdict
from spe.states import step
from spe.values import says_something

_FACTS: Mapping[PermitCommand, str] = {
    PermitCommand.SUSPEND: "permit.suspended",
    PermitCommand.RESUME: "permit.resumed",
    PermitCommand.REVOKE: "permit.revoked",
}


@dataclass(frozen=True, slots=True)
class PermitDesk:
    """Where a permit is looked at, suspended, and taken away."""

    pep: Enforcer

    def act(self, person: Person, id_: str, command: PermitCommand, text: str) -> Done:
        """Suspend, resume, open a hearing, reply to it, or revoke; `text` is the reason, the grounds or the reply."""
        now = self.pep.now()

        def effect(permit: DataPermit, _verdict: Verdict) -> Effect[DataPermit]:
            status = step(TRANSITIONS, permit.status, command)
            hearing = _heard(permit.hearing, command, text, now)
            after = replace(permit, status=status, hearing=hearing, reason=text or permit.reason)
            facts = (Fact(_FACTS[command], id_, {"permit": id_}),) if command in _FACTS else ()
            return Effect(after, _event(id_, command, text), facts=facts)

        return self.pep.alter(
            person.who(),
            DataPermit,
            id_,
            see=lambda permit: questions.see(person, permit, now),
            ask=lambda permit: questions.act(person, command, permit, reason=says_something(text), now=now),
            effect=effect,
        )

    def show(self, person: Person, id_: str) -> DataPermit:
        """Return a permit to somebody who may see it."""
        permit = self.pep.load(person.who(), DataPermit, id_).value
        self.pep.reveal(person.who(), questions.see(person, permit, self.pep.now()), id_)
        self.pep.note(person.who(), RecordSeen("data_permit", id_, "case"))
        return permit

    def of_request(self, person: Person, request: str) -> DataPermit:
        """Return the permit that was issued for a request."""
        found = self.pep.records.find(DataPermit, request=request, limit=1)
        if not found:
            raise NotFound(MISSING)
        return self.show(person, found[0].value.id)

    def document(self, person: Person, id_: str) -> Signed:
        """Return the permit as the signed document that anybody can verify with the public key alone."""
        permit = self.pep.load(person.who(), DataPermit, id_).value
        self.pep.reveal(person.who(), questions.see(person, permit, self.pep.now(), view="file"), id_)
        self.pep.note(person.who(), RecordSeen("data_permit", id_, "file"))
        return Signed(permit.statement, permit.signature)


def _heard(hearing: Hearing | None, command: PermitCommand, text: str, now: int) -> Hearing | None:
    if command is PermitCommand.HEAR:
        return Hearing(opened=now, grounds=text)
    if command is PermitCommand.REPLY and hearing is not None:
        return replace(hearing, replied=now, reply=text)
    return hearing


def _event(id_: str, command: PermitCommand, text: str) -> Event:
    reason = digest_of(text)
    events: dict[PermitCommand, Event] = {
        PermitCommand.SUSPEND: PermitSuspended(id_, reason),
        PermitCommand.RESUME: PermitResumed(id_, reason),
        PermitCommand.HEAR: HearingOpened(id_),
        PermitCommand.REPLY: HearingReplied(id_),
        PermitCommand.REVOKE: PermitRevoked(id_, reason),
    }
    return events[command]
