"""What the attacks on access share: desks over an in-memory store, asking the real policies."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

from spe.adapters.policy_point import PolicyPoint, embedded_point
from spe.audit.change import Change, Entry, Put
from spe.audit.events.request import RequestWithdrawn
from spe.audit.records import Record, Stored
from spe.errors import SpeError
from spe.identity.model import WORKER, Person, Role
from spe.policy.enforce import Enforcer
from spe.policy.model import DecisionPoint, Question, Verdict
from spe.request.model import RequestStatus
from tests.fakes import FixedClock, MemoryStore
from tests.unit.policy.good_questions import APPLICATION, NOW, REQUEST, person

CHAIR = person("carla", "body-1", Role.CHAIR, Role.COMMITTEE)
MARIO = person("mario", "body-2", Role.COMMITTEE)
VERA = person("vera", "body-3", Role.COMMITTEE)
SUBMITTED = replace(REQUEST, status=RequestStatus.SUBMITTED)


@cache
def policies() -> PolicyPoint:
    return embedded_point(size=1, deadline=30.0)


@dataclass(slots=True)
class Meddled(DecisionPoint):
    """The real decision point; `then` runs once, between the answer at `gate` and whoever asked."""

    gate: str = ""
    then: Callable[[], object] | None = None
    asked: list[Question] = field(default_factory=list)

    def ask(self, question: Question) -> Verdict:
        self.asked.append(question)
        verdict = policies().ask(question)
        if question.gate == self.gate and self.then is not None:
            then, self.then = self.then, None
            then()
        return verdict

    def bundle(self) -> str:
        return policies().bundle()


@dataclass(slots=True)
class Desk:
    store: MemoryStore
    point: Meddled
    pep: Enforcer
    clock: FixedClock

    def put(self, *values: Record) -> None:
        for value in values:
            stored: Any = self.store.get(type(value), value.id)
            entry = Entry(WORKER.who(), RequestWithdrawn("set-up"), self.clock.now())
            self.store.commit(Change(entries=(entry,), puts=(Put(value, stored.version if stored else 0),)))

    def value(self, kind: type[Any], id_: str) -> Any:
        stored: Stored[Any] | None = self.store.get(kind, id_)
        assert stored is not None
        return stored.value

    def said(self) -> str:
        return "\n".join(str(entry.event) for entry in self.store.log)


def desk(*values: Record, gate: str = "") -> Desk:
    point, clock = Meddled(gate), FixedClock(datetime.fromtimestamp(NOW, UTC))
    store = MemoryStore(bundle=policies().bundle())
    made = Desk(store, point, Enforcer(store, point, store, clock), clock)
    made.put(*values)
    return made


def tried(act: Callable[[], object]) -> bool:
    """Say whether `act` was let through."""
    with suppress(SpeError):
        act()
        return True
    return False


def test_the_store_starts_with_what_it_is_given() -> None:
    assert desk(SUBMITTED).value(type(SUBMITTED), SUBMITTED.id).application == APPLICATION


def anyone(name: str, organisation: str, *roles: Role) -> Person:
    return person(name, organisation, *roles)
