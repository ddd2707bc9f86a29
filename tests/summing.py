"""A world of encrypted sums in memory: sites, an environment, key holders and an opener, each with keys of its own."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from spe.crypto import canonical, ed25519
from spe.crypto.addressed import Reader, new_secret
from spe.crypto.signing import SigningKey, StatementKind
from spe.crypto.statements import Signed, sign
from spe.crypto.sums.engine import Encryptor
from spe.crypto.sums.keys import PublicSet
from spe.crypto.sums.shares import SealedSecret, SecretShare
from spe.federation.aggregate import Aggregate, Aggregator
from spe.federation.contribution import Envelope, Origin, contribute
from spe.federation.holder import HeldKey, KeyHolder, Known
from spe.federation.keys import KeyTerms, SumKey, certify, key_terms
from spe.federation.layout import Block, SumLayout
from spe.federation.model import Opening, SiteKey, Terms
from spe.federation.opening import Opened, Opener
from spe.federation.order import order
from tests.sumkeys import ENGINE

NOW = 1_800_000_000
LAYOUT = SumLayout((Block("cells", 6, 0, 1000), Block("balance", 2, -(2**28), 2**28, 2)))
Dealt = tuple[PublicSet, SealedSecret, tuple[SecretShare, ...]]
SITES = ("milano", "berlin", "madrid", "leiden", "porto")
VALUES = [[3, 7, 9, 0, 1000, 1, -(2**28), 2**28], [10, 0, 2, 1, 1, 1, 5, -6], [1, 2, 3, 4, 5, 6, 7, 8]]
VALUES += [[0, 0, 0, 0, 0, 0, 0, 0], [5, 5, 5, 5, 5, 5, -5, -5]]


def signer(kind: StatementKind, name: str) -> SigningKey:
    """Return a new signing key."""
    return SigningKey(kind, f"{name}.example", ed25519.generate())


@dataclass(slots=True)
class MemoryOpenings:
    """`Openings` in a list."""

    found: list[Opening] = field(default_factory=list)

    def all(self) -> Sequence[Opening]:
        return tuple(self.found)

    def remember(self, opening: Opening, admit: Callable[[Sequence[Opening]], None]) -> None:
        if any(one.order == opening.order for one in self.found):
            return
        admit(tuple(self.found))
        self.found.append(opening)


@dataclass(frozen=True, slots=True)
class Made:
    """A certified key: what is public, its terms, and the shares by holder."""

    key: SumKey
    terms: KeyTerms
    shares: Mapping[str, SecretShare]


class World:
    """Sites of different organisations, `n` holders of whom `k` open, an environment and an opener."""

    def __init__(
        self,
        sites: Sequence[str] = SITES,
        k: int = 3,
        n: int = 5,
        openings: int = 8,
        dealt: Dealt | None = None,
    ) -> None:
        self.names, self.k, self.openings_each = tuple(sites), k, openings
        self.site_keys = {site: signer(StatementKind.CONTRIBUTION, site) for site in sites}
        self.directory = {
            site: SiteKey(site, f"org-{site}", key.public) for site, key in self.site_keys.items()
        }
        self.environment = signer(StatementKind.OPENING, "environment")
        self.reader = Reader(new_secret())
        self.holder_names = tuple(f"holder-{at}" for at in range(1, n + 1))
        self.certifiers = {name: signer(StatementKind.SUM_KEY, name) for name in self.holder_names}
        self.repliers = {name: signer(StatementKind.SHARE, name) for name in self.holder_names}
        self.records = {name: MemoryOpenings() for name in self.holder_names}
        self.held: dict[str, dict[str, HeldKey]] = {name: {} for name in self.holder_names}
        self.made = self.new_key(dealt)
        self.rounds = 0

    def new_key(self, dealt: Dealt | None = None) -> Made:
        """Hold a key ceremony."""
        names = self.holder_names
        public, sealed, each = dealt or ENGINE.deal(self.k, len(names))
        terms = key_terms(public, sealed, names, self.k, self.openings_each, NOW)
        shares = dict(zip(names, each, strict=True))
        signed = {name: certify(terms, shares[name], name, self.certifiers[name]) for name in names}
        for name, share in shares.items():
            self.held[name][terms.key] = HeldKey(terms, share)
        self.made = Made(SumKey(public, sealed, signed), terms, shares)
        self.__dict__.pop("encryptor", None)
        return self.made

    @cached_property
    def encryptor(self) -> Encryptor:
        """The current key's public half, ready to encrypt."""
        return ENGINE.encryptor(self.made.key.public)

    @property
    def known(self) -> Known:
        """What holders were told."""
        return Known(self.environment.public, self.directory, frozenset({self.reader.address.hex()}))

    def holder(self, name: str) -> KeyHolder:
        """Return one holder."""
        return KeyHolder(name, self.known, self.held[name], self.records[name], self.repliers[name])

    @property
    def opener(self) -> Opener:
        """The opener."""
        certifiers = {name: key.public for name, key in self.certifiers.items()}
        repliers = {name: key.public for name, key in self.repliers.items()}
        return Opener(ENGINE, self.reader, self.environment.public, self.directory, certifiers, repliers)

    def terms(self, sites: Sequence[str] | None = None, layout: SumLayout = LAYOUT) -> Terms:
        """Return the terms of a new round."""
        self.rounds += 1
        key, opener = self.made.terms.key, self.reader.address.hex()
        return Terms(f"round-{self.rounds}", "permit-1", layout, tuple(sites or self.names), key, opener)

    def contribution(self, terms: Terms, site: str, values: Sequence[int], cohort: str = "c1") -> Envelope:
        """Return what a site sends."""
        origin = Origin(site, f"data-{site}", cohort)
        return contribute(terms, origin, values, self.encryptor, self.site_keys[site])

    def collected(
        self, terms: Terms, values: Mapping[str, Sequence[int]], cohorts: Mapping[str, str] | None = None
    ) -> Aggregate:
        """Return the closed sum of these sites' values."""
        aggregator = Aggregator(terms, self.directory)
        for site, numbers in values.items():
            envelope = self.contribution(terms, site, numbers, (cohorts or {}).get(site, "c1"))
            aggregator.accept(io.BytesIO(envelope.to_bytes()))
        return aggregator.close()

    def answers(self, signed: Signed, names: Sequence[str] | None = None, now: int = NOW) -> list[Signed]:
        """Return the replies of holders to an order."""
        return [self.holder(name).answer(signed, now) for name in names or self.holder_names]

    def opened(self, aggregate: Aggregate, names: Sequence[str] | None = None) -> Opened:
        """Order, ask holders, open."""
        signed = order(aggregate, self.environment, NOW)
        return self.opener.open(signed, aggregate.body, self.answers(signed, names), self.made.key, NOW)


def by_site(count: int = 5) -> dict[str, list[int]]:
    """Return the values of the first sites."""
    return {site: list(VALUES[at]) for at, site in enumerate(SITES[:count])}


def summed(values: Mapping[str, Sequence[int]]) -> tuple[int, ...]:
    """Return the plain sum."""
    return tuple(map(sum, zip(*values.values(), strict=True)))


def changed(signed: Signed, key: SigningKey, /, **fields: object) -> Signed:
    """Return a statement with other fields, signed anew by whoever has the key."""
    statement = canonical.parse_object(signed.statement.encode(), 1 << 24)
    return sign(key, {**statement, **fields})


def with_header(envelope: Envelope, header: Signed) -> Envelope:
    """Return the envelope under another header."""
    return replace(envelope, header=header)
