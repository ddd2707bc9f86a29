"""The verifier's own way from one key of the log to its others: by entries in which the log was handed on.

A checkpoint that ends with such an entry is signed by both keys, and the entry holds both keys' word for it. Whoever trusts
one of them learns the other: the next from the largest checkpoint of the one, the former from the smallest. Shares no code
with the writer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from spe.audit.verify_folder import WIDTH, ExportFolder
from spe.audit.verify_note import Head, NoteKey, read_head, read_log_key, read_text
from spe.errors import IntegrityFailure, Malformed

_TYPE = "audit.key_rotated"
_HEADING = "spe key rotation 1"


@dataclass(frozen=True, slots=True)
class Note:
    """A checkpoint's bytes, and the file that they are from."""

    data: bytes
    where: str


class KeyChain:
    """The keys that are trusted because `key` is, each for the sizes at which it signed."""

    def __init__(self, key: NoteKey) -> None:
        self._first = key
        self._keys = [key]
        self._since: dict[NoteKey, int] = {}
        self._until: dict[NoteKey, int] = {}

    @property
    def newest(self) -> NoteKey:
        """Return the key that signs the log by now."""
        return next(key for key in self._keys if key not in self._until)

    def heads(self, notes: Sequence[Note], export: ExportFolder) -> list[Head]:
        """Return every note's head, in their order; `IntegrityFailure` names the first that no trusted key signed."""
        while True:
            read = [self._read(note) for note in notes]
            if all(read) or not self._learn(read, export):
                break
        for note, head in zip(notes, read, strict=True):
            if head is None:
                read_head(note.data, self._first, note.where)
                raise IntegrityFailure(f"{note.where}: signed by a key after, or before, its time")
        return [head[0] for head in read if head is not None]

    def _read(self, note: Note) -> tuple[Head, NoteKey] | None:
        for key in self._keys:
            try:
                head = read_head(note.data, key, note.where)
            except IntegrityFailure:
                continue
            if self._since.get(key, 0) <= head.size <= self._until.get(key, head.size):
                return head, key
        return None

    def _learn(self, read: Sequence[tuple[Head, NoteKey] | None], export: ExportFolder) -> bool:
        """Look for one more key beside those that signed what could be read; say whether there is one."""
        for known in list(self._keys):
            sizes = sorted(head.size for head, key in filter(None, read) if key == known)
            for size in dict.fromkeys((*sizes[-1:], *sizes[:1])):
                for old, new in self._handed_over(export, size):
                    if known in {old, new} and not {old, new} <= set(self._keys):
                        self._keys += [key for key in (old, new) if key not in self._keys]
                        self._until[old] = self._since[new] = size
                        return True
        return False

    def _handed_over(self, export: ExportFolder, size: int) -> Iterator[tuple[NoteKey, NoteKey]]:
        """Yield the keys of the entry that the checkpoint of `size` ends with, if that hands the log on."""
        entries = export.bundle((size - 1) // WIDTH).entries if 0 < size <= export.size else []
        at = (size - 1) % WIDTH
        if at < len(entries) and f'"type":"{_TYPE}"'.encode() in entries[at]:
            try:
                yield _keys_of(entries[at])
            except (IntegrityFailure, Malformed):
                return


def _keys_of(entry: bytes) -> tuple[NoteKey, NoteKey]:
    try:
        told = json.loads(entry)
        type_, note = told["type"], told["data"]["note"].encode()
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise IntegrityFailure("the entry can't be read") from None
    lines = note.decode().split("\n")
    if type_ != _TYPE or len(lines) < 5 or lines[1] != _HEADING or lines[4]:
        raise IntegrityFailure("the entry hands nothing on")
    old, new = read_log_key(lines[2]), read_log_key(lines[3])
    text = "\n".join((*lines[:4], ""))
    if not lines[0] == old.name == new.name or {read_text(note, key, "the entry") for key in (old, new)} != {
        text
    }:
        raise IntegrityFailure("the entry hands nothing on")
    return old, new
