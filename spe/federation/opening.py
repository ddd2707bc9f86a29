"""The opener: puts k shares together for one order, decrypts the sum of that order and nothing else, and forgets."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from spe.crypto import canonical
from spe.crypto.addressed import Reader
from spe.crypto.note import PublicKey, decode_base64
from spe.crypto.signing import StatementKind
from spe.crypto.statements import Signed, check
from spe.crypto.sums.engine import Engine
from spe.crypto.sums.shares import SecretShare
from spe.crypto.sums.slots import NoSum, Numbers, OutOfBounds, unpacked, whole_numbers, within
from spe.errors import IntegrityFailure, Malformed
from spe.federation.heads import tags_bind
from spe.federation.holder import ShareReply, share_bind
from spe.federation.keys import KeyTerms, SumKey, certified
from spe.federation.model import Directory, Header, Terms
from spe.federation.order import Judged, judge
from spe.federation.refusals import Refused, Why
from spe.values import from_data


@dataclass(frozen=True, slots=True)
class Opened:
    """A sum in the clear, for the output checks alone; `false_shares` are holders whose share didn't fit."""

    terms: Terms
    order: str
    headers: Mapping[str, Header]
    values: tuple[int, ...]
    false_shares: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Opened({self.terms.round})"


@dataclass(frozen=True, slots=True)
class Opener:
    """What an opener knows: its own secret, and whose signatures it believes; `engine` ends after the opening."""

    engine: Engine
    reader: Reader
    environment: PublicKey
    sites: Directory
    holders: Mapping[str, PublicKey]
    holder_keys: Mapping[str, PublicKey]

    def open(self, signed: Signed, body: bytes, replies: Iterable[Signed], key: SumKey, now: int) -> Opened:
        """Return the opened sum.

        `Refused`: by the order's rules, or fewer than k holders answered. `IntegrityFailure`: signatures, digests or
        shares don't fit, or what was opened isn't the sum of the named contributors within their bounds (`NoSum`).
        """
        judged = judge(signed, self.environment, self.sites, now)
        terms = certified(key, self.holders)
        if terms.key != judged.order.terms.key or judged.order.terms.opener != self.reader.address.hex():
            raise IntegrityFailure("the order is for another key, or another opener")
        if hashlib.sha256(body).hexdigest() != judged.order.sum_sha256:
            raise IntegrityFailure("the ciphertexts are not those that the order names")
        shares = self._shares(judged, replies, terms)
        if len(shares) < terms.k:
            raise Refused(
                Why.TOO_FEW_SHARES, f"{len(shares)} of the {terms.k} holders that it takes have answered"
            )
        slots, false = self.engine.open(key.public, key.sealed, shares.values(), body)
        layout = judged.order.terms.layout
        values = _bounded(unpacked(slots, layout.length, self._seeds(judged)), judged)
        liars = tuple(name for name, share in shares.items() if share.number in false)
        return Opened(judged.order.terms, judged.digest, judged.headers, values, liars)

    def _seeds(self, judged: Judged) -> dict[int, bytes]:
        """Return the seeds of the contributors' tags, by their places."""
        terms = judged.order.terms
        return {
            terms.sites.index(site): self.reader.open(_bytes(header.tags), tags_bind(terms.digest, site))
            for site, header in judged.headers.items()
        }

    def _shares(self, judged: Judged, replies: Iterable[Signed], terms: KeyTerms) -> dict[str, SecretShare]:
        """Return the shares that came for this order, by holder; a reply that isn't one is passed over."""
        found = {}
        for signed in replies:
            try:
                reply, share = self._share(judged, signed, terms)
            except (IntegrityFailure, Malformed):
                continue
            found[reply.holder] = share
        return found

    def _share(self, judged: Judged, signed: Signed, terms: KeyTerms) -> tuple[ShareReply, SecretShare]:
        name = _claimed_holder(signed)
        if name not in terms.holders or name not in self.holder_keys:
            raise IntegrityFailure("a reply of somebody who holds no share")
        reply = from_data(ShareReply, check(signed, self.holder_keys[name], StatementKind.SHARE))
        share = SecretShare.read(self.reader.open(_bytes(reply.sealed), share_bind(judged.digest, name)))
        expected = (name, judged.digest, terms.key, terms.holders.index(name) + 1, terms.k)
        if (reply.holder, reply.order, share.key, share.number, share.k) != expected:
            raise IntegrityFailure("a reply for another order, or another holder's share")
        return reply, share


def _claimed_holder(signed: Signed) -> str:
    return str(canonical.parse_object(signed.statement.encode()).get("holder"))


def _bytes(text: str) -> bytes:
    try:
        return decode_base64(text)
    except Malformed:
        raise IntegrityFailure("something sealed is not base64") from None


def _bounded(values: Numbers, judged: Judged) -> tuple[int, ...]:
    """Return the values, each within what so many contributors can sum up to."""
    layout, sites = judged.order.terms.layout, len(judged.headers)
    try:
        within(values, whole_numbers(layout.lows()) * sites, whole_numbers(layout.highs()) * sites)
    except OutOfBounds:
        raise NoSum("a number of the sum is out of its bounds") from None
    return tuple(values.tolist())
