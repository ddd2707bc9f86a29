"""Reading contributions: nothing of the ciphertexts is read before the header is known to be the site's own.

    magic (8 bytes) | length of the head (4, big-endian) | head: canonical JSON {signature, statement} | ciphertexts

The ciphertexts have the one length that the terms give.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Protocol

from spe.crypto import canonical
from spe.crypto.note import PublicKey
from spe.crypto.signing import StatementKind
from spe.crypto.statements import Signed, check
from spe.crypto.sums.words import BYTES
from spe.errors import IntegrityFailure, Malformed
from spe.federation.model import SEALED_TAGS_LONGEST, Header, Terms
from spe.federation.refusals import ForeignContribution
from spe.values import from_data

MAGIC = b"SPESUM\x00\x01"
LONGEST_HEAD = 8192


class Source(Protocol):
    """Whatever bytes come from, in pieces of at most the size asked for; no bytes mean the end."""

    def read(self, size: int, /) -> bytes:
        """Return some of the bytes that come next."""
        ...


def tags_bind(terms: str, site: str) -> bytes:
    """Return what the sealed seed of a site's tags is bound to."""
    return b"spe tags 1\x00" + terms.encode() + b"\x00" + site.encode()


def read_head(source: Source) -> Signed:
    """Return the signed header; the ciphertexts come next. `ForeignContribution` for whatever isn't one."""
    start = _exactly(source, len(MAGIC) + 4)
    length = int.from_bytes(start[len(MAGIC) :], "big")
    if start[: len(MAGIC)] != MAGIC or length > LONGEST_HEAD:
        raise ForeignContribution("not an envelope of a contribution")
    try:
        fields = canonical.parse_object(_exactly(source, length), LONGEST_HEAD)
        return from_data(Signed, fields)
    except Malformed:
        raise ForeignContribution("the envelope's head is malformed") from None


def read_body(source: Source, header: Header) -> bytes:
    """Return the ciphertexts that the header speaks of, of exactly this length and digest, and nothing after them."""
    body = _exactly(source, header.size)
    if source.read(1):
        raise ForeignContribution("there is something behind the ciphertexts")
    if not hmac.compare_digest(hashlib.sha256(body).hexdigest(), header.sha256):
        raise ForeignContribution("the ciphertexts are not those that the site signed")
    return body


def _exactly(source: Source, size: int) -> bytes:
    pieces, left = [], size
    while left:
        piece = source.read(min(left, 1 << 20))
        if not piece:
            raise ForeignContribution("the contribution is cut short")
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def verified(signed: Signed, terms: Terms, key: PublicKey, site: str) -> Header:
    """Return the header once `key` signed it for this site in this round; `ForeignContribution` says what is wrong."""
    try:
        header = from_data(Header, check(signed, key, StatementKind.CONTRIBUTION))
    except (IntegrityFailure, Malformed):
        raise ForeignContribution(f"the header is not signed by {site}") from None
    expected = (site, terms.round, terms.permit, terms.digest, terms.ciphertexts * BYTES)
    if (header.site, header.round, header.permit, header.terms, header.size) != expected:
        raise ForeignContribution("the contribution is for another round, permit, site, layout or key")
    if not (header.cohort and header.dataset) or len(header.tags) > SEALED_TAGS_LONGEST:
        raise ForeignContribution("the header names no cohort, or too much")
    return header


def claimed_site(signed: Signed) -> str:
    """Return the site that a header names, believed of nobody yet: it only says whose key to check it with."""
    try:
        return str(canonical.parse_object(signed.statement.encode(), LONGEST_HEAD).get("site"))
    except Malformed:
        raise ForeignContribution("the header is malformed") from None
