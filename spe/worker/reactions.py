"""Handing facts to everybody who holds data, and signing what they answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from spe.audit.change import Change, Entry, Put
from spe.audit.events.record import ReceiptGiven
from spe.audit.receipts import Answered, Happened, Holder, Receipt
from spe.crypto.signing import SigningKey
from spe.crypto.statements import sign
from spe.identity.model import WORKER
from spe.policy.enforce import Enforcer


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
        """Return the facts that wait, oldest first."""
        return tuple(fact.id for fact in self.facts.outbox())

    def reconcile(self, id_: str) -> None:
        """Hand one fact to every holder, then keep all receipts and mark the fact handled, in one Change."""
        fact = next((one for one in self.facts.outbox() if one.id == id_), None)
        if fact is None:
            return
        answers = [answer for holder in self.holders for answer in holder.react(fact)]
        now = self.pep.clock.now()
        receipts = [self._receipt(fact, answer, at) for at, answer in enumerate(answers)]
        events = [
            ReceiptGiven(fact.id, fact.kind, one.holder, one.thing, one.action) for one in receipts
        ] or [ReceiptGiven(fact.id, fact.kind, "nobody", "", "not_held")]
        self.pep.committer.commit(
            Change(
                entries=tuple(Entry(WORKER.who(), event, now) for event in events),
                puts=tuple(Put(receipt, 0) for receipt in receipts),
                handled=(fact.id,),
            )
        )

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
