"""The aggregator: checks contributions and adds them up. It has no key and loads nothing that decrypts.

Memory: the running sum and the one contribution that is being read, however many sites there are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from spe.crypto.statements import Signed
from spe.crypto.sums.adding import Total
from spe.federation.heads import Source, claimed_site, read_body, read_head, verified
from spe.federation.model import STEPS, Directory, RoundCommand, RoundStatus, Terms
from spe.federation.refusals import ForeignContribution, Refused, Why
from spe.federation.rules import enough
from spe.states import step


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A round's sum, still encrypted, with the signed headers of those who are in it, by site."""

    terms: Terms
    headers: Mapping[str, Signed]
    body: bytes

    @property
    def sha256(self) -> str:
        """SHA-256 of the ciphertexts: the order names it."""
        return hashlib.sha256(self.body).hexdigest()


class Aggregator:
    """One round's sum in the making."""

    __slots__ = ("_directory", "_headers", "_total", "status", "terms")

    def __init__(self, terms: Terms, directory: Directory) -> None:
        """Begin the round; `Refused` when its sites are too few, `ForeignContribution` when one isn't enrolled."""
        if not set(terms.sites) <= set(directory):
            raise ForeignContribution("a site of the round is not enrolled")
        enough(terms.sites, directory)
        self.terms = terms
        self.status = RoundStatus.COLLECTING
        self._directory = directory
        self._headers: dict[str, Signed] = {}
        self._total = Total(terms.ciphertexts)

    def accept(self, source: Source) -> str:
        """Add the contribution that `source` brings and return its site; a refused one leaves the sum as it was."""
        status = step(STEPS, self.status, RoundCommand.ACCEPT)
        signed = read_head(source)
        site = claimed_site(signed)
        if site not in self.terms.sites:
            raise ForeignContribution("the contribution is of a site that isn't in the round")
        header = verified(signed, self.terms, self._directory[site].key, site)
        if site in self._headers:
            raise Refused(Why.DUPLICATE, f"{site} has contributed already")
        self._total.add(read_body(source, header))
        self._headers[site] = signed
        self.status = status
        return site

    def close(self) -> Aggregate:
        """End the round and return its sum; `Refused` (the round goes on) while too few have contributed."""
        status = step(STEPS, self.status, RoundCommand.CLOSE)
        enough(self._headers, self._directory)
        self.status = status
        return Aggregate(self.terms, dict(sorted(self._headers.items())), self._total.to_bytes())

    def abort(self) -> None:
        """Give the round up."""
        self.status = step(STEPS, self.status, RoundCommand.ABORT)
