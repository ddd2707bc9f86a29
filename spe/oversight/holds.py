"""Legal holds: placing, lifting, and asking whether something is under one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from spe.audit.change import Put
from spe.audit.events import digest_of
from spe.audit.events.hold import HoldLifted, HoldPlaced
from spe.audit.records import Records
from spe.clock import epoch
from spe.consent.model import Erasure, ErasureStatus
from spe.errors import Malformed
from spe.identity.model import Person
from spe.ids import new_id
from spe.oversight import questions
from spe.oversight.looking import held, note_look, thing
from spe.oversight.model import EVERYTHING, TRANSITIONS, Hold, HoldCommand, HoldStatus
from spe.policy.enforce import Done, Effect, Enforcer, again
from spe.states import step
from spe.values import says_something, to_data

_LONGEST = 200


def holds_on(records: Records, about: str) -> tuple[Hold, ...]:
    """Return the holds in force on `about`, those on the whole log among them: while there is one, nothing of it goes."""
    found = {
        stored.value.id: stored.value
        for name in (about, EVERYTHING)
        for stored in records.each(Hold, about=name, status=HoldStatus.PLACED.value)
    }
    return tuple(found[id_] for id_ in sorted(found))


def holds_in_force(records: Records) -> int:
    """Return how many holds are in force, on whatever."""
    return sum(1 for _ in records.each(Hold, status=HoldStatus.PLACED.value))


@dataclass(frozen=True, slots=True)
class HoldDesk:
    """Where holds are placed and lifted."""

    pep: Enforcer

    def place(self, person: Person, about: str, reason: str) -> Done:
        """Place a hold on an identifier, a subject, or the whole log (`log`).

        Erasures that are ordered are moved on with it: one that had looked for holds before can't commit any more.
        """
        if not says_something(about) or len(about) > _LONGEST:
            raise Malformed(f"about: an identifier of at most {_LONGEST} characters, or {EVERYTHING}")
        born, about = self.pep.clock.now(), held(self.pep.records, about)
        hold = Hold(id=new_id("hold", born), about=about, reason=reason, by=person.id, placed=epoch(born))
        ours, subject = thing(about)
        event = HoldPlaced(hold.id, ours, subject, digest_of(reason))
        question = questions.hold(person, "place", self.pep.now(), reason=says_something(reason))

        def effect(_verdict: Any) -> Effect[Hold]:
            return Effect(hold, event, also=self._ordered())

        return again(lambda: self.pep.create(person.who(), question, effect, hold.id))

    def _ordered(self) -> tuple[Put, ...]:
        """Return ordered erasures as they are, to be put again: one that looked for holds before can't commit."""
        found = self.pep.records.each(Erasure, status=ErasureStatus.ORDERED.value)
        return tuple(Put(stored.value, stored.version) for stored in found)

    def lift(self, person: Person, id_: str, reason: str) -> Done:
        """Lift a hold."""
        now = self.pep.now()

        def effect(hold: Hold, _verdict: Any) -> Effect[Hold]:
            status = step(TRANSITIONS, hold.status, HoldCommand.LIFT)
            after = replace(hold, status=status, lifted=now, lifted_by=person.id, lifted_why=reason)
            return Effect(after, HoldLifted(id_, digest_of(reason)))

        return self.pep.alter(
            person.who(),
            Hold,
            id_,
            see=lambda _: questions.hold(person, "list", now, reason=True),
            ask=lambda _: questions.hold(person, "lift", now, reason=says_something(reason)),
            effect=effect,
        )

    def show(
        self, person: Person, about: str = "", after: str = "", limit: int = 200
    ) -> tuple[Mapping[str, Any], ...]:
        """Return the holds on `about`, or all of them, lifted ones too."""
        question = questions.hold(person, "list", self.pep.now(), reason=True)
        verdict = self.pep.reveal(person.who(), question, "holds")
        about = held(self.pep.records, about)
        note_look(self.pep, person, "holds", about, verdict.bundle)
        where = {"about": about} if about else {}
        found = self.pep.records.find(Hold, after=after, limit=limit, **where)
        return tuple(to_data(stored.value) for stored in found)
