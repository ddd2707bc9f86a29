from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from spe.audit.change import Change
from spe.audit.events.record import FactsHandedOn, ReceiptGiven
from spe.audit.receipts import Action, Answered, Happened, Receipt
from spe.crypto.signing import SigningKey, StatementKind
from spe.crypto.statements import Signed, check
from spe.errors import SpeError, Unreachable
from spe.policy.enforce import Enforcer
from spe.worker.reactions import Reactions
from tests.fakes import FakePoint, FixedClock, MemoryStore

KEY = SigningKey(StatementKind.RECEIPT, "test.example/log", bytes(range(32)))


@dataclass
class Box(MemoryStore):
    """The memory store with an outbox of its own, since facts have identifiers only where they are stored."""

    facts: list[Happened] = field(default_factory=list)

    def commit(self, change: Change) -> int:
        index = MemoryStore.commit(self, change)
        self.facts = [fact for fact in self.facts if fact.id not in change.handled]
        return index

    def waiting(self, limit: int = 100) -> tuple[Happened, ...]:
        return tuple(self.facts[:limit])


@dataclass
class Keeper:
    """A holder that answers with as many things as it holds, and fails to hear some facts."""

    name: str
    deaf: dict[str, Exception] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)

    def react(self, fact: Happened) -> tuple[Answered, ...]:
        self.heard.append(fact.id)
        if fact.id in self.deaf:
            raise self.deaf[fact.id]
        return (Answered(self.name, "run-1", Action.STOPPED),)


@dataclass
class Outbox:
    outbox: Callable[..., tuple[Happened, ...]]


def fact(number: int) -> Happened:
    return Happened(f"fact-{number:020d}", "directive.recorded", "h/MI-0007", {}, 0)


def put_together(*holders: Keeper, facts: int = 3) -> tuple[Box, Reactions]:
    box = Box(facts=[fact(number) for number in range(facts)])
    pep = Enforcer(box, FakePoint(), box, FixedClock())
    return box, Reactions(pep, Outbox(box.waiting), holders, KEY)


def receipts(box: Box) -> list[Receipt]:
    return [stored.value for stored in box.each(Receipt)]


def do_all(reactions: Reactions) -> list[Exception]:
    failed: list[Exception] = []
    for key in reactions.pending():
        try:
            reactions.reconcile(key)
        except (SpeError, ValueError) as error:
            failed.append(error)
    return failed


def test_every_holder_hears_every_fact_and_each_answer_is_a_signed_receipt() -> None:
    one, two = Keeper("run"), Keeper("cohort")
    box, reactions = put_together(one, two)
    assert reactions.pending() == ("facts",)
    reactions.reconcile("facts")
    assert [len(one.heard), len(two.heard)] == [3, 3]
    kept = receipts(box)
    assert sorted((one.fact, one.holder) for one in kept) == sorted(
        (fact(number).id, name) for number in range(3) for name in ("run", "cohort")
    )
    for one_kept in kept:
        said: dict[str, Any] = check(
            Signed(one_kept.statement, one_kept.signature), KEY.public, StatementKind.RECEIPT
        )
        assert (said["id"], said["action"]) == (one_kept.id, one_kept.action)
    assert box.types() == [ReceiptGiven.type] * 6 + [FactsHandedOn.type]
    assert (reactions.pending(), box.facts) == ((), [])


@pytest.mark.parametrize("error", [Unreachable("x"), ValueError("x")])
def test_a_fact_that_fails_keeps_no_other_waiting_and_is_told_to_all_again(error: Exception) -> None:
    deaf, fine = Keeper("run", {fact(1).id: error}), Keeper("cohort")
    box, reactions = put_together(deaf, fine)
    assert do_all(reactions) == []
    assert [one.id for one in box.facts] == [fact(1).id]
    assert reactions.pending() == (fact(1).id,)
    box.facts.append(fact(7))
    assert do_all(reactions) == [error]
    assert [one.id for one in box.facts] == [fact(1).id]
    deaf.deaf.clear()
    assert do_all(reactions) == []
    assert (box.facts, reactions.pending(), reactions.failing) == ([], (), set())
    assert {one.fact for one in receipts(box) if one.holder == "run"} == {fact(n).id for n in (0, 1, 2, 7)}
    assert len(receipts(box)) == 8


def test_when_nothing_can_be_written_facts_wait_and_are_told_again() -> None:
    keeper = Keeper("run")
    box, reactions = put_together(keeper)
    box.broken = True
    assert [type(error) for error in do_all(reactions)] == [Unreachable]
    assert (len(box.facts), receipts(box)) == (3, [])
    box.broken = False
    assert do_all(reactions) == []
    assert (box.facts, len(receipts(box)), len(keeper.heard)) == ([], 3, 6)
