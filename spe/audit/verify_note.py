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

_LOG = 1
_WITNESS = 4
_TIME_BYTES = 8


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A signer's name and public key, and the hash that its signature lines begin with."""

    name: str
    hash: bytes
    public: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """A size and root hash that the log's key signed."""

    origin: str
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A witness saw the checkpoint, and nothing that contradicts it, at `time` (seconds since 1970)."""

    witness: str
    time: int


def read_log_key(text: str) -> NoteKey:
    """Return the log's key of a line `name+hash+base64`; `Malformed` otherwise."""
    return _read_key(text, _LOG, "the key must be one line: name+hash+base64, of an Ed25519 key")


def read_witness_key(text: str) -> NoteKey:
    """Return a witness' key of a line `name+hash+base64`; `Malformed` otherwise, for a log's key too."""
    return _read_key(text, _WITNESS, "a witness' key must be one line: name+hash+base64, of cosignatures")


def read_head(note: bytes, key: NoteKey, where: str) -> Head:
    """Return the size and root of a signed checkpoint.

    `IntegrityFailure`, naming the file `where`, if `key` did not sign.
    """
    return _head(read_text(note, key, where)[:-1], key, where)


def read_text(note: bytes, key: NoteKey, where: str) -> str:
    """Return the text of any note that `key` signed, with its last line feed; `IntegrityFailure` if it did not."""
    text, signatures = _split(note, where)
    signature = _signature(signatures, key)
    if signature is None or not ed25519.verifies(key.public, signature, text.encode()):
        raise IntegrityFailure(f"{where}: not signed by {key.name}+{key.hash.hex()}")
    return text


def claimed_size(note: bytes) -> int:
    """Return the size that a checkpoint names, whoever signed it; 0 where it names none."""
    lines = note.split(b"\n", 2)
    text = lines[1].decode("ascii", errors="replace") if len(lines) == 3 else ""
    return int(text) if _is_decimal(text) else 0


def key_line(key: NoteKey) -> str:
    """Return the line `name+hash+base64` of a log's key."""
    return f"{key.name}+{key.hash.hex()}+{base64.b64encode(bytes((_LOG,)) + key.public).decode()}"


def read_cosignature(note: bytes, witness: NoteKey, where: str) -> Cosigned:
    """Return when `witness` cosigned the checkpoint (C2SP tlog-cosignature, cosignature/v1).

    `IntegrityFailure`, naming the file `where`, if it did not. The log's own signature is `read_head`'s to check.
    """
    text, signatures = _split(note, where)
    value = _signature(signatures, witness) or b""
    time = int.from_bytes(value[:_TIME_BYTES], "big")
    message = f"cosignature/v1\ntime {time}\n{text}".encode()
    if time >= 1 << 63 or not ed25519.verifies(witness.public, value[_TIME_BYTES:], message):
        raise IntegrityFailure(f"{where}: not cosigned by {witness.name}+{witness.hash.hex()}")
    return Cosigned(witness.name, time)


def _read_key(text: str, kind: int, otherwise: str) -> NoteKey:
    parts = text.strip().split("+", 2)
    data = _base64(parts[2]) if len(parts) == 3 else None
    if data is None or len(data) != 33 or data[0] != kind:
        raise Malformed(otherwise)
    expected = hashlib.sha256(parts[0].encode() + b"\n" + data).digest()[:4]
    if parts[1] != expected.hex():
        raise Malformed("the key's hash does not fit its name and bytes")
    return NoteKey(parts[0], expected, data[1:])


def _split(note: bytes, where: str) -> tuple[str, str]:
    """Return what is signed, its last line feed included, and the signature lines."""
    try:
        text, _, signatures = note.decode("utf-8").rpartition("\n\n")
    except UnicodeDecodeError:
        raise IntegrityFailure(f"{where}: not text") from None
    return f"{text}\n", signatures


def _signature(lines: str, key: NoteKey) -> bytes | None:
    start = f"\u2014 {key.name} "
    if not lines.endswith("\n"):
        return None
    values = [_base64(line[len(start) :]) for line in lines.split("\n") if line.startswith(start)]
    mine = [value[4:] for value in values if value is not None and value[:4] == key.hash]
    return mine[0] if len(mine) == 1 else None


def _head(text: str, key: NoteKey, where: str) -> Head:
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
