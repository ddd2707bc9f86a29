"""Signed statements: canonical JSON that names its kind, and one Ed25519 key per kind."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from enum import StrEnum

from spe.crypto import canonical, ed25519
from spe.crypto.note import PublicKey, decode_base64, signature_line
from spe.errors import IntegrityFailure, Malformed

ALGORITHM = "Ed25519"
LARGEST_STATEMENT = 16 << 20


class StatementKind(StrEnum):
    """What a signature can be about; a key signs one of these and no other."""

    PERMIT = "permit"
    APPROVAL = "approval"
    RECEIPT = "receipt"
    CHECKPOINT = "checkpoint"
    RUN = "run"
    RELEASE = "release"
    DECISION_LETTER = "decision_letter"
    CONTRIBUTION = "contribution"
    SUM_KEY = "sum_key"
    OPENING = "opening"
    SHARE = "share"


# Kinds of encrypted sums: a site's, a key holder's two; an installation has none of their keys.
OF_OTHERS = frozenset({StatementKind.CONTRIBUTION, StatementKind.SUM_KEY, StatementKind.SHARE})
INSTALLATION = tuple(
    kind for kind in StatementKind if kind not in OF_OTHERS and kind is not StatementKind.OPENING
)


@dataclass(frozen=True, slots=True)
class Signature:
    """A detached signature of a statement: 64 bytes, and which key of which kind made them."""

    kind: StatementKind
    key_id: str
    value: bytes

    def encode(self) -> bytes:
        """Return the content of a `.sig` file: canonical JSON with algorithm, key_id, kind, signature (base64)."""
        signature = base64.b64encode(self.value).decode()
        return canonical.encode(
            {"algorithm": ALGORITHM, "key_id": self.key_id, "kind": self.kind.value, "signature": signature}
        )


def parse_signature(data: bytes) -> Signature:
    """Return the signature of a `.sig` file.

    `IntegrityFailure` for anything that `encode` would not have written.
    """
    try:
        fields = canonical.parse_object(data, largest=1024)
        kind = StatementKind(str(fields.get("kind")))
        signature = Signature(kind, str(fields.get("key_id")), decode_base64(str(fields.get("signature"))))
    except (Malformed, ValueError):
        raise IntegrityFailure("the signature file is malformed") from None
    if signature.encode() != data:
        raise IntegrityFailure("the signature file is malformed")
    return signature


def kind_of(key: PublicKey) -> StatementKind:
    """Return the kind that a key signs: the last part of its name; `Malformed` when that is no kind."""
    try:
        return StatementKind(key.name.rpartition("/")[2])
    except ValueError:
        raise Malformed("the key's name does not end in a kind of statement") from None


class SigningKey:
    """A secret Ed25519 key that signs statements of one kind, or, when of kind checkpoint, notes of its own origin."""

    __slots__ = ("_secret", "kind", "public")

    def __init__(self, kind: StatementKind, origin: str, secret: bytes) -> None:
        if len(secret) != ed25519.KEY_BYTES:
            raise Malformed("a secret key has 32 bytes")
        self.kind = kind
        self.public = PublicKey(f"{origin}/{kind.value}", ed25519.public_of(secret))
        self._secret = secret

    def __repr__(self) -> str:
        return f"SigningKey({self.public.name}+{self.public.key_id})"

    def sign(self, statement: bytes) -> Signature:
        """Sign canonical JSON whose `kind` is this key's.

        `Malformed` for another kind, and for a checkpoint key.
        """
        fields = canonical.parse_object(statement, LARGEST_STATEMENT)
        if self.kind is StatementKind.CHECKPOINT or fields.get("kind") != self.kind.value:
            raise Malformed(f"a {self.kind.value} key does not sign this kind of statement")
        return Signature(self.kind, self.public.key_id, ed25519.sign(self._secret, statement))

    def sign_note(self, text: str) -> str:
        """Return the signature line of a C2SP note whose first line is the key's own name.

        Checkpoint keys only.
        """
        if self.kind is not StatementKind.CHECKPOINT or not text.startswith(f"{self.public.name}\n"):
            raise Malformed(f"a {self.kind.value} key does not sign this note")
        return signature_line(self.public, ed25519.sign(self._secret, text.encode()))


def verify(
    statement: bytes, signature: Signature, public_key: PublicKey, kind: StatementKind
) -> dict[str, canonical.Json]:
    """Return the statement's fields once `public_key` signed exactly these bytes as a statement of `kind`.

    `IntegrityFailure` says which of key, kind, signature or form is wrong; nothing is parsed before the
    signature holds.
    """
    if public_key.name.rpartition("/")[2] != kind.value or signature.kind is not kind:
        raise IntegrityFailure(f"the key or the signature is not one for a {kind.value}")
    if signature.key_id != public_key.key_id:
        raise IntegrityFailure(f"signed by key {signature.key_id}, not by {public_key.key_id}")
    if not ed25519.verifies(public_key.raw, signature.value, statement):
        raise IntegrityFailure(f"the {kind.value}'s signature does not verify")
    return _fields(statement, kind)


def _fields(statement: bytes, kind: StatementKind) -> dict[str, canonical.Json]:
    try:
        fields = canonical.parse_object(statement, LARGEST_STATEMENT)
    except Malformed as error:
        raise IntegrityFailure(f"the signed {kind.value} is malformed: {error}") from None
    if fields.get("kind") != kind.value:
        raise IntegrityFailure(f"the signed statement is not a {kind.value}")
    return fields
