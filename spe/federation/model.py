"""A round of encrypted sums: its terms, who contributed, where it stands."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from spe.crypto import canonical
from spe.crypto.note import PublicKey
from spe.crypto.sums.parameters import PARAMETERS
from spe.errors import Malformed
from spe.federation.layout import SumLayout
from spe.values import to_data

MINIMUM = 3
SEALED_TAGS_LONGEST = 4096


class RoundStatus(StrEnum):
    """Where a round stands; of an aborted one nothing is opened, and nothing of it is used again."""

    COLLECTING = "collecting"
    SUMMED = "summed"
    ORDERED = "ordered"
    OPENED = "opened"
    ABORTED = "aborted"


class RoundCommand(StrEnum):
    """What happens to a round."""

    ACCEPT = "accept"
    CLOSE = "close"
    ORDER = "order"
    OPEN = "open"
    ABORT = "abort"


_S, _C = RoundStatus, RoundCommand
# Named otherwise than the tables of stages: a round is no record of the log yet, and its steps leave no entries.
STEPS: Mapping[tuple[RoundStatus, RoundCommand], RoundStatus] = {
    (_S.COLLECTING, _C.ACCEPT): _S.COLLECTING,
    (_S.COLLECTING, _C.CLOSE): _S.SUMMED,
    (_S.SUMMED, _C.ORDER): _S.ORDERED,
    (_S.ORDERED, _C.OPEN): _S.OPENED,
    **{(status, _C.ABORT): _S.ABORTED for status in (_S.COLLECTING, _S.SUMMED, _S.ORDERED)},
}


@dataclass(frozen=True, slots=True)
class SiteKey:
    """A site as it was enrolled: the organisation it belongs to, and the key with which it signs contributions."""

    site: str
    organisation: str
    key: PublicKey


Directory = Mapping[str, SiteKey]


@dataclass(frozen=True)
class Terms:
    """What all parties of a round agree on; the digest is in every signature. A site's place is its index in `sites`.

    `opener` is the address (hexadecimal) to which tags and shares are sealed.
    """

    round: str
    permit: str
    layout: SumLayout
    sites: tuple[str, ...]
    key: str
    opener: str
    parameters: str = PARAMETERS.digest

    def __post_init__(self) -> None:
        if not MINIMUM <= len(self.sites) <= PARAMETERS.most_sites or len(set(self.sites)) != len(self.sites):
            raise Malformed(f"a round has {MINIMUM} to {PARAMETERS.most_sites} different sites")
        if self.parameters != PARAMETERS.digest:
            raise Malformed("a round under other parameters than these")

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the terms in canonical form."""
        return hashlib.sha256(canonical.encode(to_data(self))).hexdigest()

    @property
    def ciphertexts(self) -> int:
        """Ciphertexts of one contribution, and of the sum."""
        return PARAMETERS.ciphertexts(self.layout.length)


@dataclass(frozen=True, slots=True)
class Header:
    """What a site signs of its contribution: keyed (permit, site, round), with the bytes' digest.

    `cohort` is the digest of the subjects in it, `dataset` what they are of; `tags` is sealed to the opener.
    """

    kind: str
    round: str
    permit: str
    site: str
    terms: str
    dataset: str
    cohort: str
    size: int
    sha256: str
    tags: str


@dataclass(frozen=True, slots=True)
class Taken:
    """One contributor of an opening: the rule on changes of cohorts needs no more."""

    site: str
    dataset: str
    cohort: str


@dataclass(frozen=True, slots=True)
class Opening:
    """One opening that a holder took part in."""

    order: str
    round: str
    permit: str
    key: str
    layout: str
    contributors: tuple[Taken, ...]
