"""Checkpoints: the log's origin, size and root hash as a signed note (C2SP tlog-checkpoint)."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from spe.audit.merkle import EMPTY_ROOT, HASH_BYTES
from spe.crypto.note import PublicKey, assemble, decode_base64, is_key_name, open_note, signature_line
from spe.crypto.signing import SigningKey
from spe.errors import Malformed

_LARGEST_SIZE = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What the log commits to: `size` entries with this 32-byte root hash, under its unique `origin`."""

    origin: str
    size: int
    root: bytes

    def __post_init__(self) -> None:
        sized = 0 <= self.size <= _LARGEST_SIZE and len(self.root) == HASH_BYTES
        if not is_key_name(self.origin) or not sized:
            raise Malformed("a checkpoint needs an origin, a size and a root hash of 32 bytes")
        if (self.size == 0) != (self.root == EMPTY_ROOT):
            raise Malformed("the root hash does not fit the size 0")


def format_body(checkpoint: Checkpoint) -> str:
    """Return the three lines that are signed: origin, decimal size, root hash in base64."""
    return f"{checkpoint.origin}\n{checkpoint.size}\n{base64.b64encode(checkpoint.root).decode()}\n"


def parse_body(text: str) -> Checkpoint:
    """Return the checkpoint of exactly the three lines that `format_body` writes; `Malformed` for others."""
    lines = text.split("\n")
    if len(lines) != 4 or not lines[1].isascii() or not lines[1].isdigit() or len(lines[1]) > 19:
        raise Malformed("a checkpoint has three lines: origin, size, root hash")
    checkpoint = Checkpoint(lines[0], int(lines[1]), decode_base64(lines[2]))
    if format_body(checkpoint) != text:
        raise Malformed("the checkpoint is not in its usual form")
    return checkpoint


def sign_checkpoint(checkpoint: Checkpoint, *keys: SigningKey) -> str:
    """Return the note, signed by each of `keys`; `Malformed` unless they are checkpoint keys of this very origin."""
    text = format_body(checkpoint)
    return assemble(text, tuple(key.sign_note(text) for key in keys))


def unsigned(origin: str) -> str:
    """Return a checkpoint of no entries in the form of a signed note, which nobody has signed."""
    key = PublicKey(origin, bytes(HASH_BYTES))
    return assemble(format_body(Checkpoint(origin, 0, EMPTY_ROOT)), (signature_line(key, bytes(64)),))


def open_checkpoint(note: str, key: PublicKey) -> Checkpoint:
    """Return the checkpoint that `key` signed.

    `IntegrityFailure`: not signed by `key`. `Malformed`: signed, but another origin or no checkpoint.
    """
    checkpoint = parse_body(open_note(note, key))
    if checkpoint.origin != key.name:
        raise Malformed("the checkpoint is of another log than its key")
    return checkpoint
