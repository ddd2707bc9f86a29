"""Handing facts to everybody who holds data, and signing what they answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from spe.audit.change import Change, Entry, Put
from spe.audit.events.record import FactsHandedOn, ReceiptGiven
from spe.audit.receipts import Answered, Happened, Holder, Receipt
from spe.crypto.signing import SigningKey
from spe.crypto.statements import sign
from spe.identity.model import WORKER
from spe.policy.enforce import Enforcer

_MOST_AT_ONCE = 500


class Outbox(Protocol):
    """Facts that wait."""

    def outbox(self, limit: int = 100) -> tuple[Happened, ...]:
        """Return facts that were not handed to every holder yet, oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class Reactions:
    """The one that tells holders; killed at any point, it tells them again, and telling twice changes nothing."""

    pep: Enforcer
    facts: Outbox
    holders: tuple[Holder, ...]
    key: SigningKey

    def pending(self) -> tuple[str, ...]:
        """Return one key while facts wait: they are handed on together, oldest first."""
        return ("facts",) if self.facts.outbox(1) else ()

    def reconcile(self, _key: str) -> None:
        """Hand facts to every holder, then keep all receipts and mark the facts handled, in one Change."""
        facts = self.facts.outbox(_MOST_AT_ONCE)
        receipts = [receipt for fact in facts for receipt in self._hand_on(fact)]
        now = self.pep.clock.now()
        given = (ReceiptGiven(one.fact, one.holder, one.thing, one.action) for one in receipts)
        events = (*given, FactsHandedOn(len(facts), len(receipts)))
        self.pep.committer.commit(
            Change(
                entries=tuple(Entry(WORKER.who(), event, now) for event in events),
                puts=tuple(Put(receipt, 0) for receipt in receipts),
                handled=tuple(fact.id for fact in facts),
            )
        )

    def _hand_on(self, fact: Happened) -> list[Receipt]:
        answers = [answer for holder in self.holders for answer in holder.react(fact)]
        return [self._receipt(fact, answer, at) for at, answer in enumerate(answers)]

    def _receipt(self, fact: Happened, answer: Answered, at: int) -> Receipt:
        id_, now = f"rec-{fact.id.removeprefix('fact-')}-{at:03d}", self.pep.now()
        statement: Mapping[str, object] = {
            "kind": "receipt",
            "version": 1,
            "id": id_,
            "fact": fact.id,
            "fact_kind": fact.kind,
            "holder": answer.holder,
            "thing": answer.thing,
            "action": answer.action,
            "at": now,
        }
        signed = sign(self.key, statement)
        return Receipt(
            id=id_,
            fact=fact.id,
            about=fact.about,
            holder=answer.holder,
            thing=answer.thing,
            action=answer.action,
            at=now,
            statement=signed.statement,
            signature=signed.signature,
        )
