"""Statements as they are kept and handed out: canonical JSON and its detached signature, both as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from spe.crypto import canonical
from spe.crypto.note import PublicKey
from spe.crypto.signing import SigningKey, StatementKind, parse_signature, verify


@dataclass(frozen=True, slots=True)
class Signed:
    """A statement and its signature file's content."""

    statement: str
    signature: str


def sign(key: SigningKey, statement: Mapping[str, Any]) -> Signed:
    """Return `statement`, which names its kind, in canonical form and signed."""
    encoded = canonical.encode(statement)
    return Signed(encoded.decode(), key.sign(encoded).encode().decode())


def check(signed: Signed, key: PublicKey, kind: StatementKind) -> dict[str, Any]:
    """Return the statement's fields once its signature holds; `IntegrityFailure` otherwise."""
    signature = parse_signature(signed.signature.encode())
    return dict(verify(signed.statement.encode(), signature, key, kind))
