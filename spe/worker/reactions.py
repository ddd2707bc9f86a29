"""Handing facts to everybody who holds data, and signing what they answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from spe.audit.change import Change, Entry, Put
from spe.audit.events.record import FactsHandedOn, ReceiptGiven
from spe.audit.receipts import Answered, Happened, Holder, Outbox, Receipt
from spe.crypto.signing import SigningKey
from spe.crypto.statements import sign
from spe.identity.model import WORKER
from spe.policy.enforce import Enforcer

_MOST_AT_ONCE = 500
_TOGETHER = "facts"


@dataclass(frozen=True, slots=True)
class Reactions:
    """The one that tells holders; killed at any point, it tells them again, and telling twice changes nothing."""

    pep: Enforcer
    facts: Outbox
    holders: tuple[Holder, ...]
    key: SigningKey
    failing: set[str] = field(default_factory=set)

    def pending(self) -> tuple[str, ...]:
        """Return one key for all facts that wait, and one for each that a holder failed to hear before."""
        waiting = {fact.id for fact in self.facts.outbox(_MOST_AT_ONCE)}
        self.failing.intersection_update(waiting)
        return (*((_TOGETHER,) if waiting - self.failing else ()), *sorted(self.failing))

    def reconcile(self, key: str) -> None:
        """Hand facts to every holder, then keep the receipts and mark the facts handled, in one Change.

        A fact that a holder fails to hear stays, is told to all of them again later, and keeps no other fact waiting.
        """
        waiting = self.facts.outbox(_MOST_AT_ONCE)
        facts = [fact for fact in waiting if self._is_meant(fact.id, key)]
        heard: list[Happened] = []
        receipts: list[Receipt] = []
        failure: Exception | None = None
        for fact in facts:
            try:
                receipts += self._hand_on(fact)
                heard.append(fact)
            except Exception as error:  # noqa: BLE001 - raised again once the others are told
                self.failing.add(fact.id)
                failure = error
        if heard:
            self._keep(heard, receipts)
        if failure is not None and key != _TOGETHER:
            raise failure

    def _is_meant(self, fact: str, key: str) -> bool:
        return fact == key or (key == _TOGETHER and fact not in self.failing)

    def _keep(self, heard: list[Happened], receipts: list[Receipt]) -> None:
        now = self.pep.clock.now()
        given = (ReceiptGiven(one.fact, one.holder, one.thing, one.action) for one in receipts)
        events = (*given, FactsHandedOn(len(heard), len(receipts)))
        self.pep.committer.commit(
            Change(
                entries=tuple(Entry(WORKER.who(), event, now) for event in events),
                puts=tuple(Put(receipt, 0) for receipt in receipts),
                handled=tuple(fact.id for fact in heard),
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
