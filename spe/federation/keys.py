"""The certificate of a sum key: every holder signs which key it has a share of, so nobody slips in a key of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from spe.crypto.note import PublicKey
from spe.crypto.signing import SigningKey, StatementKind
from spe.crypto.statements import Signed, check, sign
from spe.crypto.sums.keys import PublicSet
from spe.crypto.sums.parameters import PARAMETERS
from spe.crypto.sums.shares import SealedSecret, SecretShare
from spe.errors import IntegrityFailure, Malformed
from spe.values import from_data, to_data

MOST_OPENINGS = 128
_KIND = StatementKind.SUM_KEY


@dataclass(frozen=True, slots=True)
class KeyTerms:
    """What holders certify: the key, its sealed secret half, who holds which share, and how often it may open.

    Holder number i (from 1) is `holders[i - 1]`; `k` of them open. 2k > n: any two quorums have a holder in common,
    who knows what either opened.
    """

    kind: str
    key: str
    public_sha256: str
    sealed_sha256: str
    holders: tuple[str, ...]
    k: int
    openings: int
    made: int
    parameters: str = PARAMETERS.digest

    def __post_init__(self) -> None:
        n = len(set(self.holders))
        if n != len(self.holders) or not 2 <= self.k <= n < 2 * self.k:
            raise Malformed("a key has different holders, of whom at least 2, and more than half, open")
        if not 1 <= self.openings <= MOST_OPENINGS or self.parameters != PARAMETERS.digest:
            raise Malformed(f"a key opens at most {MOST_OPENINGS} sums, under the one set of parameters")


@dataclass(frozen=True, slots=True)
class SumKey:
    """A key as everybody may have it: public half, sealed secret half, and each holder's signature of its terms."""

    public: PublicSet
    sealed: SealedSecret
    statements: Mapping[str, Signed]


def key_terms(
    public: PublicSet, sealed: SealedSecret, holders: tuple[str, ...], k: int, openings: int, made: int
) -> KeyTerms:
    """Return the terms that the holders of a new key are asked to certify."""
    return KeyTerms(_KIND.value, public.key, public.sha256, sealed.sha256, holders, k, openings, made)


def certify(terms: KeyTerms, share: SecretShare, holder: str, signer: SigningKey) -> Signed:
    """Return a holder's signature of a key's terms; `IntegrityFailure` unless its share is the one they speak of."""
    fits = (share.key, share.k, share.n) == (terms.key, terms.k, len(terms.holders))
    if not fits or holder not in terms.holders or terms.holders.index(holder) + 1 != share.number:
        raise IntegrityFailure("the key's terms don't speak of this share")
    return sign(signer, to_data(terms))


def certified(key: SumKey, holders: Mapping[str, PublicKey]) -> KeyTerms:
    """Return a key's terms once all its holders have signed the same, with the keys that are known of them.

    `IntegrityFailure`: a holder that isn't known, hasn't signed, or signed something else; another public or sealed half.
    """
    terms = {name: _signed(name, one, holders) for name, one in key.statements.items()}
    if len(set(terms.values())) != 1:
        raise IntegrityFailure("the key's holders certify different things, or nobody does")
    found = next(iter(terms.values()))
    if set(found.holders) != set(key.statements):
        raise IntegrityFailure("not all holders of the key have certified it")
    named = (found.key, found.public_sha256, found.sealed_sha256)
    if named != (key.public.key, key.public.sha256, key.sealed.sha256):
        raise IntegrityFailure("the key is not the one that its holders certify")
    return found


def _signed(name: str, statement: Signed, holders: Mapping[str, PublicKey]) -> KeyTerms:
    if name not in holders:
        raise IntegrityFailure(f"the key has a holder that isn't known: {name}")
    fields: dict[str, Any] = check(statement, holders[name], _KIND)
    try:
        return from_data(KeyTerms, fields)
    except Malformed:
        raise IntegrityFailure("the key's terms are malformed") from None
