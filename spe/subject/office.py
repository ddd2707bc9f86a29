"""The worker's part of an erasure: records first, then the key, then its own note of whom it was about, then the files."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain
from typing import Protocol

from spe.audit.change import Change, Entry, Expect, Forget
from spe.audit.events.erasure import SubjectErased, SubjectForgotten, SubjectKeyDestroyed
from spe.audit.receipts import Receipt
from spe.audit.records import Record, Stored
from spe.clock import epoch
from spe.consent.model import TRANSITIONS, Directive, Erasure, ErasureCommand, ErasureStatus, subject_name
from spe.crypto.keyed import SubjectKeys
from spe.errors import NotNow
from spe.identity.model import WORKER
from spe.oversight.model import Hold, HoldStatus
from spe.policy.enforce import Effect, Enforcer
from spe.states import step
from spe.subject.held import holds_on_subject


class Leftovers(Protocol):
    """The database's files, in which what was deleted lives on for a while."""

    def shed(self) -> None:
        """Let nothing deleted stay in them; `Unreachable` where somebody reads just now."""
        ...


@dataclass(slots=True)
class ErasureOffice:
    """Finishes erasures; killed at any point, it does the rest the next time."""

    pep: Enforcer
    keys: SubjectKeys
    leftovers: Leftovers
    _back: set[str] | None = None

    def pending(self) -> tuple[str, ...]:
        """Return the erasures that are ordered and not done, and once those whose key is there again.

        A key comes back with an older copy of the keys, or by a look at somebody who was erased.
        """
        if self._back is None:
            done = self._at(ErasureStatus.DONE)
            self._back = {one.id for one in done if self.keys.has(one.hidden)}
        waiting = (*self._at(ErasureStatus.ORDERED), *self._at(ErasureStatus.FORGOTTEN))
        return (*(one.id for one in waiting), *sorted(self._back))

    def reconcile(self, id_: str) -> None:
        """Bring one erasure a step on; `NotNow` while a legal hold that came after the order is in force."""
        stored = self.pep.load(WORKER.who(), Erasure, id_)
        erasure = stored.value
        if erasure.status is ErasureStatus.ORDERED:
            self._erase(erasure, stored.version)
        elif erasure.status is ErasureStatus.FORGOTTEN:
            self._finish()
        elif self._back and id_ in self._back:
            self.pep.note(WORKER.who(), SubjectKeyDestroyed(id_))
            self.keys.destroy_named(erasure.hidden)
            self._back.discard(id_)

    def _at(self, status: ErasureStatus) -> tuple[Erasure, ...]:
        return tuple(stored.value for stored in self.pep.records.each(Erasure, status=status.value))

    def _erase(self, erasure: Erasure, version: int) -> None:
        if holds_on_subject(self.pep.records, erasure.holder, erasure.subject):
            raise NotNow("a legal hold came after the erasure was ordered")
        name = subject_name(erasure.holder, erasure.subject)
        self._forget(erasure, version, name)
        self.keys.destroy_named(erasure.hidden)
        self.pep.record(WORKER.who(), Erasure, erasure.id, self._nameless)

    def _forget(self, erasure: Erasure, version: int, name: str) -> None:
        """Delete what is about the subject; other holders' subjects, and things, may have the bare pseudonym too.

        `Conflict` where a hold was placed since it was looked for: that moves the erasure on.
        """
        records = self.pep.records
        directives = tuple(records.each(Directive, holder=erasure.holder, subject=erasure.subject))
        receipts = tuple(records.each(Receipt, about=name))
        holds = tuple(records.each(Hold, about=name, status=HoldStatus.LIFTED.value))
        forgets = tuple(chain(map(_forget, directives), map(_forget, receipts), map(_forget, holds)))
        if forgets:
            event = SubjectForgotten(erasure.id, len(directives), len(receipts), len(holds))
            entry = Entry(WORKER.who(), event, self.pep.clock.now())
            expected = (Expect(Erasure, erasure.id, version),)
            self.pep.committer.commit(Change(entries=(entry,), forgets=forgets, expects=expected))

    def _nameless(self, erasure: Erasure) -> Effect[Erasure]:
        status = step(TRANSITIONS, erasure.status, ErasureCommand.FORGET)
        return Effect(replace(erasure, subject="", status=status), SubjectKeyDestroyed(erasure.id))

    def _finish(self) -> None:
        """Have the files written anew once for all erasures that wait for it."""
        waiting = self._at(ErasureStatus.FORGOTTEN)
        self.leftovers.shed()
        for erasure in waiting:
            self.pep.record(WORKER.who(), Erasure, erasure.id, self._done)

    def _done(self, erasure: Erasure) -> Effect[Erasure]:
        status = step(TRANSITIONS, erasure.status, ErasureCommand.FINISH)
        done = epoch(self.pep.clock.now())
        return Effect(replace(erasure, done=done, status=status), SubjectErased(erasure.id))


def _forget(stored: Stored[Directive] | Stored[Receipt] | Stored[Hold]) -> Forget:
    value: Record = stored.value
    return Forget(type(value), value.id, stored.version)
