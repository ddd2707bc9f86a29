"""Where policy is enforced (NIST SP 800-162: PEP): every use case goes through one `Enforcer`.

The way of a use case is `alter`: load a snapshot, see whether the caller may know of it, ask policy, step the
state machine, commit. Whoever lost a race loads and asks again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from spe.audit.change import Change, Committer, Entry, Expect, Fact, Put, Who
from spe.audit.events import Event
from spe.audit.events.policy import Refused
from spe.audit.records import R, Records, Stored, status_of
from spe.clock import Clock, epoch
from spe.errors import Conflict, Denied, NotFound, SecondFactorNeeded, Undecided
from spe.policy import unasked
from spe.policy.model import DecisionPoint, Question, Verdict

T = TypeVar("T")
MISSING = "There is nothing of that name that you may see"
STEP_UP = "second_factor_needed"
_ATTEMPTS = 6
Relied = tuple[Stored[Any], ...]


@dataclass(frozen=True, slots=True)
class Done:
    """What a committed use case answers: the thing it was about, that thing's status, and the entry's index."""

    id: str
    status: str
    index: int


@dataclass(frozen=True, slots=True)
class Effect(Generic[R]):
    """What an allowed use case does to one record: its next value, the event, and what commits with them."""

    value: R
    event: Event
    also: tuple[Put, ...] = ()
    facts: tuple[Fact, ...] = ()
    expects: tuple[Expect, ...] = ()


@dataclass(frozen=True, slots=True)
class Enforcer:
    """What a use case needs to decide and to act: the records, the decision point, the committer and the time."""

    records: Records
    point: DecisionPoint
    committer: Committer
    clock: Clock

    def now(self) -> int:
        """Return the current instant as policy reads it."""
        return epoch(self.clock.now())

    def admit(self, who: Who, question: Question, about: str) -> Verdict:
        """Return the allowing verdict; otherwise commit the denial and raise `Denied`."""
        verdict = self.point.ask(question)
        if not verdict.allow:
            self._refuse(who, verdict, about)
            _raise_if_unasked(verdict)
            raise _denied(verdict)
        return verdict

    def reveal(self, who: Who, question: Question, about: str) -> Verdict:
        """Return the allowing verdict; a refusal is committed and reads exactly as if there were nothing."""
        verdict = self.point.ask(question)
        if not verdict.allow:
            self._refuse(who, verdict, about)
            _raise_if_unasked(verdict)
            raise NotFound(MISSING)
        return verdict

    def load(self, who: Who, kind: type[R], id: str) -> Stored[R]:  # noqa: A002 - the word of the port
        """Return the record; asking for one that isn't there is committed as the denial it reads as."""
        stored = self.records.get(kind, id)
        if stored is None:
            raise self.absent(who, id)
        return stored

    def absent(self, who: Who, id: str) -> NotFound:  # noqa: A002 - the word of the port
        """Commit that `who` asked for what isn't there (or not there for them) and return the error to raise."""
        self.note(who, Refused("record.read", id[:80], ("not_found",)), self.point.bundle())
        return NotFound(MISSING)

    def create(
        self,
        who: Who,
        question: Question,
        effect: Callable[[Verdict], Effect[R]],
        about: str,
        version: int = 0,
        relies: Relied = (),
    ) -> Done:
        """Ask, and commit a record that must not exist yet (or replaces `version` whole); `relies` as for `alter`."""
        verdict = self.admit(who, question, about)
        return self._commit(who, verdict.bundle, _relying(effect(verdict), relies), version)

    def alter(
        self,
        who: Who,
        kind: type[R],
        id: str,  # noqa: A002 - the word of the port
        *,
        ask: Callable[[R], Question],
        effect: Callable[[R, Verdict], Effect[R]],
        see: Callable[[R], Question] | None = None,
        relies: Relied = (),
    ) -> Done:
        """Load, ask, step and commit one record; `see` is asked first and its refusal reads as `NotFound`.

        `relies` is what else the question was made of: nothing commits once any of it has changed.
        """

        def use_case() -> Done:
            stored = self.load(who, kind, id)
            if see is not None:
                self.reveal(who, see(stored.value), id)
            verdict = self.admit(who, ask(stored.value), id)
            return self._commit(
                who, verdict.bundle, _relying(effect(stored.value, verdict), relies), stored.version
            )

        return again(use_case)

    def record(self, who: Who, kind: type[R], id: str, effect: Callable[[R], Effect[R]]) -> Done:  # noqa: A002
        """Load, step and commit what follows from an earlier allowed act or a rule already answered: policy isn't asked."""

        def use_case() -> Done:
            stored = self.load(who, kind, id)
            return self._commit(who, None, effect(stored.value), stored.version)

        return again(use_case)

    def note(self, who: Who, event: Event, bundle: str | None = None) -> int:
        """Commit an entry that has no other effect, such as a reading, and return its index."""
        return self.committer.commit(Change(entries=(Entry(who, event, self.clock.now(), bundle),)))

    def _refuse(self, who: Who, verdict: Verdict, about: str) -> None:
        codes = tuple(reason.code for reason in verdict.reasons)
        self.note(who, Refused(verdict.gate, about, codes), verdict.bundle)

    def _commit(self, who: Who, bundle: str | None, effect: Effect[R], version: int) -> Done:
        entry = Entry(who, effect.event, self.clock.now(), bundle)
        change = Change(
            entries=(entry,),
            puts=(Put(effect.value, version), *effect.also),
            facts=effect.facts,
            expects=effect.expects,
            bundle=bundle,
        )
        index = self.committer.commit(change)
        return Done(effect.value.id, status_of(effect.value), index)


def _raise_if_unasked(verdict: Verdict) -> None:
    """Raise `Undecided` where nothing was decided because no rule in force answered: that is no final refusal."""
    if any(reason.code in unasked.CODES for reason in verdict.reasons):
        raise Undecided(verdict.gate, verdict.reasons)


def _denied(verdict: Verdict) -> Denied:
    """Return the refusal; one that a fresh second factor alone would mend is told as such."""
    only = {reason.code for reason in verdict.reasons} == {STEP_UP}
    return (SecondFactorNeeded if only else Denied)(verdict.gate, verdict.reasons)


def _relying(effect: Effect[R], relies: Relied) -> Effect[R]:
    expected = tuple(Expect(type(one.value), one.value.id, one.version) for one in relies)
    return replace(effect, expects=(*effect.expects, *expected))


def again(use_case: Callable[[], T]) -> T:
    """Run a use case that loads, asks and commits; when what it read has changed meanwhile, run it anew."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return use_case()
        except Conflict:
            continue
    return use_case()
