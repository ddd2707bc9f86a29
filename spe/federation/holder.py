"""A key holder: gives its share for an order that it has judged itself, remembers that, and refuses the rest.

What it opened it writes down before it answers: if it can't, it doesn't answer.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from spe.crypto.addressed import seal_to
from spe.crypto.note import PublicKey
from spe.crypto.signing import SigningKey, StatementKind
from spe.crypto.statements import Signed, sign
from spe.crypto.sums.shares import SecretShare
from spe.federation.keys import KeyTerms
from spe.federation.model import Directory, Opening
from spe.federation.order import Judged, judge
from spe.federation.refusals import Refused, Why
from spe.federation.rules import admit
from spe.values import to_data


class Openings(Protocol):
    """A holder's own record of what it took part in; it only grows."""

    def all(self) -> Sequence[Opening]:
        """Return every opening so far, in order."""
        ...

    def remember(self, opening: Opening, admit: Callable[[Sequence[Opening]], None]) -> None:
        """Write `opening` down durably after `admit` let it pass, with nothing in between by anybody else.

        An order that is there already passes without either. Whoever can't write raises, and nothing is opened.
        """
        ...


@dataclass(frozen=True, slots=True)
class HeldKey:
    """A key's terms, certified, and this holder's share of it."""

    terms: KeyTerms
    share: SecretShare


@dataclass(frozen=True, slots=True)
class Known:
    """What a holder was told by its own operator, never by the hub: whose signatures it believes, and which openers."""

    environment: PublicKey
    sites: Directory
    openers: frozenset[str]


@dataclass(frozen=True, slots=True)
class ShareReply:
    """A holder's answer: its share, sealed to the opener for this order alone."""

    kind: str
    holder: str
    order: str
    key: str
    sealed: str


def share_bind(order: str, holder: str) -> bytes:
    """Return what a sealed share is bound to."""
    return b"spe share 1\x00" + order.encode() + b"\x00" + holder.encode()


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """One holder; `keys` by their names."""

    name: str
    known: Known
    keys: Mapping[str, HeldKey]
    openings: Openings
    signer: SigningKey

    def answer(self, signed: Signed, now: int) -> Signed:
        """Return the reply to an order; the same order again gets its share again and counts once.

        `Refused` and `IntegrityFailure` say why not; an order that is refused leaves no trace but the caller's log.
        """
        judged = judge(signed, self.known.environment, self.known.sites, now)
        held = self._held(judged)
        new = judged.opening()
        self.openings.remember(new, lambda past: self._admit(past, new, held))
        return self._reply(judged, held)

    def _held(self, judged: Judged) -> HeldKey:
        terms = judged.order.terms
        if terms.opener not in self.known.openers:
            raise Refused(Why.UNKNOWN_OPENER, "the order's opener is none that this holder was told of")
        held = self.keys.get(terms.key)
        if held is None:
            raise Refused(Why.UNKNOWN_KEY, "this holder has no share of the order's key")
        return held

    @staticmethod
    def _admit(past: Sequence[Opening], new: Opening, held: HeldKey) -> None:
        if any(one.round == new.round for one in past):
            raise Refused(Why.ANSWERED_ALREADY, "this round was opened before, by another order")
        if sum(one.key == new.key for one in past) >= held.terms.openings:
            raise Refused(Why.KEY_IS_SPENT, "the key has opened as many sums as it may: make another")
        admit(past, new)

    def _reply(self, judged: Judged, held: HeldKey) -> Signed:
        opener = bytes.fromhex(judged.order.terms.opener)
        sealed = seal_to(opener, held.share.reveal(), share_bind(judged.digest, self.name))
        encoded = base64.b64encode(sealed).decode()
        reply = ShareReply(StatementKind.SHARE.value, self.name, judged.digest, held.terms.key, encoded)
        return sign(self.signer, to_data(reply))
