"""Use cases of access requests: preflight, submit, return, resubmit, withdraw, read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from spe.audit.events import Event
from spe.audit.events.record import RecordSeen
from spe.audit.events.request import RequestPreflighted, RequestReturned, RequestSubmitted, RequestWithdrawn
from spe.catalogue.model import Dataset
from spe.clock import epoch
from spe.crypto import canonical
from spe.errors import Malformed
from spe.identity.model import Person
from spe.ids import new_id
from spe.policy.enforce import Done, Effect, Enforcer
from spe.policy.model import Verdict
from spe.request import questions
from spe.request.model import (
    TRANSITIONS,
    AccessRequest,
    Application,
    RequestCommand,
    RequestStatus,
    check_size,
)
from spe.states import step
from spe.values import to_data


@dataclass(frozen=True, slots=True)
class RequestDesk:
    """Where a data user's requests are taken in."""

    pep: Enforcer

    def preflight(self, person: Person, application: Application) -> Verdict:
        """Return which rules would refuse `application`; nothing is kept of it but that somebody asked."""
        question = questions.preflight(person, self._facts(application), self.pep.now())
        verdict = self.pep.point.ask(question)
        codes = tuple(reason.code for reason in verdict.reasons)
        self.pep.note(person.who(), RequestPreflighted(verdict.allow, codes), verdict.bundle)
        return verdict

    def submit(self, person: Person, application: Application) -> Done:
        """Take in a request; raises `Denied` with every rule that refuses it."""
        born = self.pep.clock.now()
        request = AccessRequest(
            id=new_id("req", born),
            applicant=person.id,
            organisation=person.organisation,
            application=application,
            status=RequestStatus.SUBMITTED,
            submitted=epoch(born),
        )
        question = questions.submit(person, self._facts(application), epoch(born))
        return self.pep.create(person.who(), question, lambda v: _submitted(request, v), request.id)

    def resubmit(self, person: Person, id_: str, application: Application) -> Done:
        """Submit a returned request anew, completed."""
        now = self.pep.now()

        def effect(request: AccessRequest, _verdict: Verdict) -> Effect[AccessRequest]:
            question = questions.submit(person, self._facts(application), now)
            verdict = self.pep.admit(person.who(), question, id_)
            again = replace(_stepped(request, RequestCommand.RESUBMIT), round=request.round + 1)
            return _submitted(replace(again, application=application, submitted=now), verdict)

        return self._act(person, id_, RequestCommand.RESUBMIT, effect)

    def withdraw(self, person: Person, id_: str) -> Done:
        """Take a request back."""
        return self._act(
            person, id_, RequestCommand.WITHDRAW, _plainly(RequestCommand.WITHDRAW, RequestWithdrawn(id_))
        )

    def send_back(self, person: Person, id_: str) -> Done:
        """Return a request to its applicant for completion."""
        return self._act(
            person, id_, RequestCommand.RETURN, _plainly(RequestCommand.RETURN, RequestReturned(id_))
        )

    def show(self, person: Person, id_: str) -> AccessRequest:
        """Return a request to somebody who may see it; the reading is in the log first."""
        request = self.pep.load(person.who(), AccessRequest, id_).value
        self.pep.reveal(person.who(), questions.see(person, request, self.pep.now()), id_)
        self.pep.note(person.who(), RecordSeen("access_request", id_, "case"))
        return request

    def _act(self, person: Person, id_: str, command: RequestCommand, effect: _Effecting) -> Done:
        now = self.pep.now()
        return self.pep.alter(
            person.who(),
            AccessRequest,
            id_,
            see=lambda request: questions.see(person, request, now),
            ask=lambda request: questions.act(person, command, request, now),
            effect=effect,
        )

    def _facts(self, application: Application) -> questions.RequestFacts:
        check_size(application)
        wanted = sorted({one.dataset for one in application.datasets})
        found = (self.pep.records.get(Dataset, name) for name in wanted)
        catalogue: Mapping[str, Dataset] = {stored.value.id: stored.value for stored in found if stored}
        holders = [dataset.holder for dataset in catalogue.values()]
        if len(set(holders)) != len(holders):
            raise Malformed(
                "datasets: one of each holder; a second dataset of a holder needs a request of its own"
            )
        return questions.facts(application, catalogue)


_Effecting = Callable[[AccessRequest, Verdict], Effect[AccessRequest]]


def _stepped(request: AccessRequest, command: RequestCommand) -> AccessRequest:
    return replace(request, status=step(TRANSITIONS, request.status, command))


def _plainly(command: RequestCommand, event: Event) -> _Effecting:
    return lambda request, _verdict: Effect(_stepped(request, command), event)


def _submitted(request: AccessRequest, verdict: Verdict) -> Effect[AccessRequest]:
    """Return a submission with the duties that policy answered with; the log names each kind of them once."""
    digest = hashlib.sha256(canonical.encode(to_data(request.application))).hexdigest()
    duties = tuple(sorted({duty.code for duty in verdict.obligations}))
    after = replace(request, obligations=verdict.obligations)
    return Effect(after, RequestSubmitted(request.id, digest, duties))
