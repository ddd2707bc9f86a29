"""Handing the log on to another checkpoint key: a note that both keys sign, inside an entry, under a checkpoint of both.

An entry alone would not do: the log's key signs whatever is appended, also by somebody who got at the database. The note is
the old key's own word, and no checkpoint can be read as one: its second line is no number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from spe.audit.checkpoint import Checkpoint, open_checkpoint
from spe.audit.events.record import CheckpointKeyRotated
from spe.crypto.note import PublicKey, assemble, open_note, parse_public_key, split_note
from spe.crypto.signing import SigningKey
from spe.errors import IntegrityFailure, Malformed

_HEADING = "spe key rotation 1"


def handed_over(old: SigningKey, new: SigningKey) -> CheckpointKeyRotated:
    """Return the entry's event, in which `old` says that `new` signs after it, and `new` that it does."""
    text = _text(old.public, new.public)
    note = assemble(text, (old.sign_note(text), new.sign_note(text)))
    return CheckpointKeyRotated(old.public.text(), new.public.text(), note)


def open_handover(note: str) -> tuple[PublicKey, PublicKey]:
    """Return the keys of a note that both of them signed; `IntegrityFailure` for any other text."""
    text, _ = split_note(note)
    lines = text.split("\n")
    try:
        old, new = parse_public_key(lines[2]), parse_public_key(lines[3])
    except (IndexError, Malformed):
        raise IntegrityFailure("not the handing over of a key") from None
    if text != _text(old, new) or {open_note(note, old), open_note(note, new)} != {text}:
        raise IntegrityFailure("not the handing over of a key")
    return old, new


def _text(old: PublicKey, new: PublicKey) -> str:
    if old.name != new.name or old.raw == new.raw:
        raise IntegrityFailure("a log's key is handed over to another key of the same name")
    return f"{old.name}\n{_HEADING}\n{old.text()}\n{new.text()}\n"


class CheckpointKeys:
    """The keys that an installation knows as its own, and up to which size, or from which on, each may sign.

    An entry hands the log on only together with the checkpoint that it ends, signed by both keys.
    """

    def __init__(self, keys: Iterable[PublicKey]) -> None:
        self._keys = {key.text(): key for key in keys}
        self._since: dict[str, int] = {}
        self._until: dict[str, int] = {}
        self._heard: dict[int, tuple[str, str]] = {}

    def heard(self, index: int, data: Mapping[str, Any]) -> bool:
        """Take in an entry that hands the log on; say whether it does so by and to keys that are known."""
        try:
            old, new = (key.text() for key in open_handover(str(data.get("note"))))
        except IntegrityFailure:
            return False
        if (data.get("old"), data.get("new")) != (old, new) or not {old, new} <= self._keys.keys():
            return False
        self._heard = {index + 1: (old, new)}
        return True

    def opened(self, size: int, note: str) -> tuple[int, bytes]:
        """Return size and root of a checkpoint that stands as one of `size`, signed by a key that might do so then.

        `IntegrityFailure` or `Malformed` where there is none.
        """
        old, new = self._heard.get(size, ("", ""))
        if old and self._signed(note, old) and self._signed(note, new):
            self._until[old] = self._since[new] = size
        for text in self._keys:
            signed = self._signed(note, text)
            if signed and self._since.get(text, 0) <= size <= self._until.get(text, size):
                return signed.size, signed.root
        raise IntegrityFailure("not signed by the key of its time")

    def _signed(self, note: str, key: str) -> Checkpoint | None:
        try:
            return open_checkpoint(note, self._keys[key])
        except IntegrityFailure:
            return None
