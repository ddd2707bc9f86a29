"""A site's part: numbers within their bounds, encrypted under the round's key, in an envelope that the site signs."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from spe.crypto import canonical
from spe.crypto.addressed import seal_to
from spe.crypto.signing import SigningKey, StatementKind
from spe.crypto.statements import Signed, sign
from spe.crypto.sums.engine import Encryptor
from spe.crypto.sums.slots import Numbers, new_tag_seed, packed, whole_numbers, within
from spe.errors import Malformed
from spe.federation.heads import MAGIC, tags_bind
from spe.federation.model import Header, Terms
from spe.values import to_data


@dataclass(frozen=True, slots=True)
class Envelope:
    """A signed header and its ciphertexts."""

    header: Signed
    body: bytes

    def to_bytes(self) -> bytes:
        """Return the envelope as it travels."""
        fields = {"signature": self.header.signature, "statement": self.header.statement}
        head = canonical.encode(fields)
        return MAGIC + len(head).to_bytes(4, "big") + head + self.body


@dataclass(frozen=True, slots=True)
class Origin:
    """Who contributes, of which cohort."""

    site: str
    dataset: str
    cohort: str


def contribute(
    terms: Terms, origin: Origin, values: Sequence[int] | Numbers, encryptor: Encryptor, signer: SigningKey
) -> Envelope:
    """Return a site's contribution.

    `OutOfBounds` (nothing is encrypted): a value isn't whole, or not within its bounds. `Malformed`: the site isn't
    of the round, or the encryptor's key not the round's.
    """
    if origin.site not in terms.sites or encryptor.key != terms.key:
        raise Malformed("the round is not this site's, or under another key")
    lows, highs = whole_numbers(terms.layout.lows()), whole_numbers(terms.layout.highs())
    numbers, seed = within(whole_numbers(values), lows, highs), new_tag_seed()
    slots = packed(numbers, terms.sites.index(origin.site), seed)
    body = encryptor.encrypt(slots)
    sealed = seal_to(bytes.fromhex(terms.opener), seed, tags_bind(terms.digest, origin.site))
    header = Header(
        kind=StatementKind.CONTRIBUTION.value,
        round=terms.round,
        permit=terms.permit,
        site=origin.site,
        terms=terms.digest,
        dataset=origin.dataset,
        cohort=origin.cohort,
        size=len(body),
        sha256=hashlib.sha256(body).hexdigest(),
        tags=base64.b64encode(sealed).decode(),
    )
    return Envelope(sign(signer, to_data(header)), body)
