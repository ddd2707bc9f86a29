"""The verifier's own reading of signed checkpoints (C2SP signed-note, tlog-checkpoint).

Shares no code with the writer.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

from spe.crypto import ed25519
from spe.errors import IntegrityFailure, Malformed


@dataclass(frozen=True, slots=True)
class LogKey:
    """The log's name and public key, and the hash that its signature lines begin with."""

    name: str
    hash: bytes
    public: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """A size and root hash that the log's key signed."""

    origin: str
    size: int
    root: bytes


def read_log_key(text: str) -> LogKey:
    """Return the key of a verifier key line `name+hash+base64`; `Malformed` otherwise."""
    parts = text.strip().split("+", 2)
    data = _base64(parts[2]) if len(parts) == 3 else None
    if data is None or len(data) != 33 or data[0] != 1:
        raise Malformed("the key must be one line: name+hash+base64, of an Ed25519 key")
    expected = hashlib.sha256(parts[0].encode() + b"\n" + data).digest()[:4]
    if parts[1] != expected.hex():
        raise Malformed("the key's hash does not fit its name and bytes")
    return LogKey(parts[0], expected, data[1:])


def read_head(note: bytes, key: LogKey, where: str) -> Head:
    """Return the size and root of a signed checkpoint.

    `IntegrityFailure`, naming the file `where`, if `key` did not sign.
    """
    try:
        text, _, signatures = note.decode("utf-8").rpartition("\n\n")
    except UnicodeDecodeError:
        raise IntegrityFailure(f"{where}: not text") from None
    signature = _signature(signatures, key)
    if signature is None or not ed25519.verifies(key.public, signature, f"{text}\n".encode()):
        raise IntegrityFailure(f"{where}: not signed by {key.name}+{key.hash.hex()}")
    return _head(text, key, where)


def _signature(lines: str, key: LogKey) -> bytes | None:
    start = f"\u2014 {key.name} "
    if not lines.endswith("\n"):
        return None
    values = [_base64(line[len(start) :]) for line in lines.split("\n") if line.startswith(start)]
    mine = [value[4:] for value in values if value is not None and value[:4] == key.hash]
    return mine[0] if len(mine) == 1 else None


def _head(text: str, key: LogKey, where: str) -> Head:
    lines = text.split("\n")
    root = _base64(lines[2]) if len(lines) == 3 else None
    if root is None or len(root) != 32 or lines[0] != key.name or not _is_decimal(lines[1]):
        raise IntegrityFailure(f"{where}: signed, but not a checkpoint of {key.name}")
    return Head(lines[0], int(lines[1]), root)


def _is_decimal(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20 and (text == "0" or text[0] != "0")


def _base64(text: str) -> bytes | None:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data).decode() == text else None
