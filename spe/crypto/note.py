"""C2SP signed notes with Ed25519 keys: text that people read, followed by signature lines."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

from spe.crypto import ed25519
from spe.errors import IntegrityFailure, Malformed

_ED25519 = b"\x01"
LARGEST_NOTE = 1 << 16
MOST_SIGNATURES = 64


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
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.raw).digest()[:4]

    @property
    def key_id(self) -> str:
        """The same 4 bytes as 8 hexadecimal digits."""
        return self.hash.hex()

    def text(self) -> str:
        """Return the verifier key in its one-line text form."""
        return f"{self.name}+{self.key_id}+{base64.b64encode(_ED25519 + self.raw).decode()}"


def is_key_name(name: str) -> bool:
    """Say whether `name` may name a key: printable, not empty, no space, no plus sign (C2SP signed-note)."""
    return name.isprintable() and name != "" and "+" not in name and not any(c.isspace() for c in name)


def parse_public_key(text: str) -> PublicKey:
    """Return the key of a `name+hash+base64` line; `Malformed` when a part or the hash is wrong."""
    parts = text.strip().split("+", 2)
    if len(parts) != 3 or len(text) > 1024:
        raise Malformed("a verifier key reads name+hash+base64")
    raw = decode_base64(parts[2])
    if raw[:1] != _ED25519:
        raise Malformed("the verifier key is not an Ed25519 key")
    key = PublicKey(parts[0], raw[1:])
    if key.key_id != parts[1]:
        raise Malformed("the verifier key's hash does not fit its name and bytes")
    return key


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


def signature_line(key: PublicKey, signature: bytes) -> str:
    """Return the line, with its line feed, that carries `signature` under a note's text."""
    return f"\u2014 {key.name} {base64.b64encode(key.hash + signature).decode()}\n"


def assemble(text: str, lines: tuple[str, ...]) -> str:
    """Return the note: `text`, which ends in a line feed, an empty line, the signature lines."""
    return f"{text}\n{''.join(lines)}"


def open_note(note: str, key: PublicKey) -> str:
    """Return the note's text after checking `key`'s signature; lines of other keys are passed over.

    `IntegrityFailure`: the form is wrong, `key` has no line, or its signature does not verify.
    """
    text, lines = _split(note)
    mine = [value[4:] for name, value in map(_signature, lines) if (name, value[:4]) == (key.name, key.hash)]
    if not mine:
        raise IntegrityFailure(f"the note is not signed by {key.name}+{key.key_id}")
    if len(mine) > 1 or not ed25519.verifies(key.raw, mine[0], text.encode()):
        raise IntegrityFailure(f"the note's signature by {key.name}+{key.key_id} does not verify")
    return text


def _split(note: str) -> tuple[str, list[str]]:
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
