"""What parties of a round keep in files: JSON read strictly, and the sum as a head and its ciphertexts."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from spe.crypto import canonical
from spe.crypto.note import decode_base64, parse_public_key
from spe.crypto.statements import Signed
from spe.crypto.sums.keys import PublicSet
from spe.crypto.sums.shares import SealedSecret
from spe.crypto.sums.words import BYTES
from spe.errors import Malformed
from spe.federation.aggregate import Aggregate
from spe.federation.keys import SumKey
from spe.federation.model import Directory, SiteKey, Terms
from spe.values import from_stored, to_data

SUM = "agg.bin"
MAGIC = b"SPEAGG\x00\x01"
_LONGEST_HEAD = 8 << 20
_LARGEST_JSON = 16 << 20


@dataclass(frozen=True, slots=True)
class EnrolledSite:
    """A site as a file names it; `key` is a verifier key line."""

    site: str
    organisation: str
    key: str


@dataclass(frozen=True, slots=True)
class _Head:
    terms: Terms
    headers: Mapping[str, Signed]


@dataclass(frozen=True, slots=True)
class _WrittenKey:
    public: str
    sealed: str
    statements: Mapping[str, Signed]


def encoded(value: Any) -> bytes:
    """Return a value as canonical JSON."""
    return canonical.encode(to_data(value))


def decoded(kind: Any, data: bytes) -> Any:
    """Return what `encoded` wrote, as a `kind`; `Malformed` for anything else."""
    if len(data) > _LARGEST_JSON:
        raise Malformed("a file of a round is too large")
    try:
        return from_stored(kind, json.loads(data))
    except (ValueError, RecursionError):
        raise Malformed("a file of a round is not JSON") from None


def directory_of(sites: tuple[EnrolledSite, ...]) -> Directory:
    """Return the sites that were enrolled, by name; `Malformed` for a bad key or a name twice."""
    found = {one.site: SiteKey(one.site, one.organisation, parse_public_key(one.key)) for one in sites}
    if len(found) != len(sites):
        raise Malformed("a site is enrolled twice")
    return found


def aggregate_bytes(aggregate: Aggregate) -> bytes:
    """Return a sum as one file."""
    head = encoded(_Head(aggregate.terms, aggregate.headers))
    return MAGIC + len(head).to_bytes(4, "big") + head + aggregate.body


def read_aggregate(data: bytes) -> Aggregate:
    """Return the sum of a file; `Malformed` for anything else. Who is in it is judged by the order."""
    stream = io.BytesIO(data)
    magic, length = stream.read(len(MAGIC)), int.from_bytes(stream.read(4), "big")
    if magic != MAGIC or length > _LONGEST_HEAD:
        raise Malformed("not an encrypted sum")
    head: _Head = decoded(_Head, stream.read(length))
    body = stream.read()
    if len(body) != head.terms.ciphertexts * BYTES:
        raise Malformed("the encrypted sum has another length than its terms say")
    return Aggregate(head.terms, head.headers, body)


def key_bytes(key: SumKey) -> bytes:
    """Return a certified key as one file."""
    public, sealed = (base64.b64encode(part).decode() for part in (key.public.context, key.sealed.data))
    return encoded(_WrittenKey(public, sealed, key.statements))


def read_key(data: bytes) -> SumKey:
    """Return the key of a file; `Malformed` or `NoKey` for anything else. Its signatures are checked when it is used."""
    written: _WrittenKey = decoded(_WrittenKey, data)
    public, sealed = (decode_base64(text) for text in (written.public, written.sealed))
    return SumKey(PublicSet(public), SealedSecret(sealed), written.statements)
