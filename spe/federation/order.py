"""The order to open: signed by the environment, judged again by every holder and by the opener."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from spe.crypto.note import PublicKey
from spe.crypto.signing import SigningKey, StatementKind
from spe.crypto.statements import Signed, check, sign
from spe.errors import IntegrityFailure, Malformed
from spe.federation.aggregate import Aggregate
from spe.federation.heads import verified
from spe.federation.model import Directory, Header, Opening, Taken, Terms
from spe.federation.refusals import Refused, Why
from spe.federation.rules import enough
from spe.values import from_stored, to_data

LONGEST_LIFE = 24 * 3600
_KIND = StatementKind.OPENING


@dataclass(frozen=True, slots=True)
class Order:
    """Open this sum of this round: `contributors` are the signed headers of all that are in it, by site."""

    kind: str
    terms: Terms
    contributors: Mapping[str, Signed]
    sum_sha256: str
    issued: int
    expires: int


@dataclass(frozen=True, slots=True)
class Judged:
    """An order whose signatures hold, with the headers it names; `digest` is of the signed statement."""

    order: Order
    headers: Mapping[str, Header]
    digest: str

    def opening(self) -> Opening:
        """Return what a holder remembers of it."""
        taken = (Taken(one.site, one.dataset, one.cohort) for one in self.headers.values())
        terms = self.order.terms
        return Opening(self.digest, terms.round, terms.permit, terms.key, terms.layout.digest, tuple(taken))


def order(aggregate: Aggregate, signer: SigningKey, now: int, life: int = 3600) -> Signed:
    """Return the environment's order to open a closed round's sum; times are in seconds."""
    statement = Order(_KIND.value, aggregate.terms, aggregate.headers, aggregate.sha256, now, now + life)
    return sign(signer, to_data(statement))


def judge(signed: Signed, environment: PublicKey, directory: Directory, now: int) -> Judged:
    """Return the order once it holds.

    `IntegrityFailure`: not signed by the environment, or a contributor's header not by its site for this round.
    `Refused`: not now, or contributors of fewer than three organisations.
    """
    found = _parsed(check(signed, environment, _KIND))
    if not found.issued <= now < found.expires <= found.issued + LONGEST_LIFE:
        raise Refused(Why.NOT_NOW, "the order is not valid now")
    strangers = set(found.contributors) - (set(found.terms.sites) & set(directory))
    if strangers:
        raise IntegrityFailure("the order names a contributor that isn't in the round, or isn't enrolled")
    enough(found.contributors, directory)
    headers = {
        site: verified(header, found.terms, directory[site].key, site)
        for site, header in sorted(found.contributors.items())
    }
    return Judged(found, headers, hashlib.sha256(signed.statement.encode()).hexdigest())


def _parsed(fields: Mapping[str, object]) -> Order:
    try:
        return from_stored(Order, fields)
    except Malformed:
        raise IntegrityFailure("the order is malformed") from None
