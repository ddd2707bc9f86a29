"""What a log asks of a witness (C2SP tlog-witness, add-checkpoint): a checkpoint, and the proof that it continues another."""

from __future__ import annotations

import re
from dataclasses import dataclass

from spe.audit.merkle import HASH_BYTES
from spe.crypto.note import LARGEST_NOTE, decode_base64, split_note
from spe.errors import IntegrityFailure, Malformed

MOST_HASHES = 63
LARGEST_QUESTION = 4096 + LARGEST_NOTE
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Question:
    """A checkpoint `note` of the log `origin`, said to continue the tree of `old` entries by `proof`."""

    old: int
    proof: tuple[bytes, ...]
    note: str
    origin: str


def parse_question(body: bytes) -> Question:
    """Return the question of a body; `Malformed` for anything but the standard's exact form."""
    if len(body) > LARGEST_QUESTION:
        raise Malformed("the request is too large")
    try:
        head, blank, note = body.decode("utf-8").partition("\n\n")
        text, _ = split_note(note)
    except (UnicodeDecodeError, IntegrityFailure):
        raise Malformed("there is no signed note in the request") from None
    first, *hashes = head.split("\n")
    old = _OLD.fullmatch(first)
    if not blank or old is None or len(hashes) > MOST_HASHES:
        raise Malformed("the request begins with the old size and at most 63 hashes")
    proof = tuple(decode_base64(line) for line in hashes)
    if any(len(part) != HASH_BYTES for part in proof):
        raise Malformed("a hash of the proof has not 32 bytes")
    return Question(int(old[1]), proof, note, text.partition("\n")[0])
