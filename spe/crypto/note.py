"""C2SP signed notes with Ed25519 keys: text that people read, followed by signature lines."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from spe.crypto import ed25519
from spe.errors import IntegrityFailure, Malformed

_ED25519 = b"\x01"
LARGEST_NOTE = 1 << 16
MOST_SIGNATURES = 64


class NoteKey(Protocol):
    """A key as signature lines name it."""

    @property
    def name(self) -> str:
        """The name that the lines show."""
        ...

    @property
    def hash(self) -> bytes:
        """The 4 bytes that tell keys of one name apart."""
        ...


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A named Ed25519 public key; its text is the C2SP verifier key `name+hash+base64`."""

    name: str
    raw: bytes

    def __post_init__(self) -> None:
        if not is_key_name(self.name) or len(self.raw) != ed25519.KEY_BYTES:
            raise Malformed("a public key needs a name without spaces or plus signs, and 32 bytes")

    @property
    def hash(self) -> bytes:
        """The 4 bytes that signature lines carry: SHA-256(name, line feed, 1, key) cut short (C2SP signed-note)."""
        return key_hash(self.name, _ED25519, self.raw)

    @property
    def key_id(self) -> str:
        """The same 4 bytes as 8 hexadecimal digits."""
        return self.hash.hex()

    def text(self) -> str:
        """Return the verifier key in its one-line text form."""
        return verifier_key(self, _ED25519, self.raw)


def is_key_name(name: str) -> bool:
    """Say whether `name` may name a key: printable, not empty, no space, no plus sign (C2SP signed-note)."""
    return name.isprintable() and name != "" and "+" not in name and not any(c.isspace() for c in name)


def parse_public_key(text: str) -> PublicKey:
    """Return the key of a `name+hash+base64` line; `Malformed` when a part or the hash is wrong."""
    return PublicKey(*parse_verifier_key(text, _ED25519))


def key_hash(name: str, algorithm: bytes, raw: bytes) -> bytes:
    """Return the 4 bytes that stand for a key: SHA-256(name, line feed, algorithm, key) cut short."""
    return hashlib.sha256(name.encode() + b"\n" + algorithm + raw).digest()[:4]


def verifier_key(key: NoteKey, algorithm: bytes, raw: bytes) -> str:
    """Return the one-line text `name+hash+base64` of a key."""
    return f"{key.name}+{key.hash.hex()}+{base64.b64encode(algorithm + raw).decode()}"


def parse_verifier_key(text: str, algorithm: bytes) -> tuple[str, bytes]:
    """Return name and bytes of a `name+hash+base64` line; `Malformed` when a part or the hash is wrong."""
    parts = text.strip().split("+", 2)
    if len(parts) != 3 or len(text) > 1024:
        raise Malformed("a verifier key reads name+hash+base64")
    name, data = parts[0], decode_base64(parts[2])
    if data[:1] != algorithm:
        raise Malformed("the verifier key is of another kind")
    if not is_key_name(name) or key_hash(name, algorithm, data[1:]).hex() != parts[1]:
        raise Malformed("the verifier key's hash does not fit its name and bytes")
    return name, data[1:]


def decode_base64(text: str) -> bytes:
    """Return the bytes of strict standard base64, of which each value has one spelling.

    Otherwise `Malformed`.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("not base64") from None
    if base64.b64encode(data).decode() != text:
        raise Malformed("not the usual base64 spelling")
    return data


def signature_line(key: NoteKey, signature: bytes) -> str:
    """Return the line, with its line feed, that carries `signature` under a note's text."""
    return f"\u2014 {key.name} {base64.b64encode(key.hash + signature).decode()}\n"


def assemble(text: str, lines: tuple[str, ...]) -> str:
    """Return the note: `text`, which ends in a line feed, an empty line, the signature lines."""
    return f"{text}\n{''.join(lines)}"


def open_note(note: str, key: PublicKey) -> str:
    """Return the note's text after checking `key`'s signature; lines of other keys are passed over.

    `IntegrityFailure`: the form is wrong, `key` has no line, or its signature does not verify.
    """
    text, lines = split_note(note)
    mine = signatures_by(key, lines)
    if not mine:
        raise IntegrityFailure(f"the note is not signed by {key.name}+{key.key_id}")
    if len(mine) > 1 or not ed25519.verifies(key.raw, mine[0], text.encode()):
        raise IntegrityFailure(f"the note's signature by {key.name}+{key.key_id} does not verify")
    return text


def signatures_by(key: NoteKey, lines: Iterable[str]) -> list[bytes]:
    """Return what stands behind the key's hash in its lines; `IntegrityFailure` where any line is malformed."""
    return [value[4:] for name, value in map(_signature, lines) if (name, value[:4]) == (key.name, key.hash)]


def signers(note: str) -> frozenset[tuple[str, bytes]]:
    """Return names and key hashes of the note's signature lines, none of them verified."""
    return frozenset((name, value[:4]) for name, value in map(_signature, split_note(note)[1]))


def split_note(note: str) -> tuple[str, list[str]]:
    """Return the note's text and its signature lines without line feeds; `IntegrityFailure` for another form."""
    head, blank, tail = note.rpartition("\n\n")
    if len(note) > LARGEST_NOTE or not blank or not tail.endswith("\n") or not _is_plain(note):
        raise IntegrityFailure("not a signed note")
    lines = tail[:-1].split("\n")
    if len(lines) > MOST_SIGNATURES:
        raise IntegrityFailure("the note has too many signatures")
    return head + "\n", lines


def _is_plain(note: str) -> bool:
    controls = any(ord(c) < 0x20 and c != "\n" for c in note)
    return not controls and not any(0xD800 <= ord(c) <= 0xDFFF for c in note)


def _signature(line: str) -> tuple[str, bytes]:
    parts = line.split(" ")
    if len(parts) != 3 or parts[0] != "\u2014" or not is_key_name(parts[1]):
        raise IntegrityFailure("a signature line of the note is malformed")
    try:
        value = decode_base64(parts[2])
    except Malformed:
        raise IntegrityFailure("a signature line of the note is malformed") from None
    if len(value) < 5:
        raise IntegrityFailure("a signature line of the note is too short")
    return parts[1], value
