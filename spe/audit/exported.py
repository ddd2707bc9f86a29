"""An exported folder read as a log, so that proofs come out of it without the server that wrote it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from spe.audit.checkpoint import parse_body
from spe.audit.cosigned import Witnessed
from spe.audit.export import tile_path
from spe.audit.merkle import HASH_BYTES
from spe.audit.tiles import TILE_WIDTH
from spe.crypto.note import LARGEST_NOTE
from spe.errors import IntegrityFailure, Malformed

_LARGEST_BUNDLE = TILE_WIDTH * (2 + 0xFFFF)


class ExportedLog:
    """The log that an export shows: nothing of it is verified, but what doesn't fit gives no proof.

    `Malformed`: the folder has no checkpoint.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        note = self._read("checkpoint", LARGEST_NOTE)
        if note is None:
            raise Malformed(f"{folder} holds no exported log: it has no checkpoint")
        self._note, self._size = _opened(note)

    def latest_checkpoint(self) -> tuple[int, str] | None:
        """Return the size and note of the folder's checkpoint."""
        return self._size, self._note

    def cosigned_from(self, size: int) -> tuple[Witnessed, ...]:  # noqa: ARG002 - the port's
        """Return nothing: the lines that there are stand in the note."""
        return ()

    def tile(self, level: int, number: int) -> bytes | None:
        """Return a full tile's hashes, or None where there is no such file."""
        return self._read(tile_path(str(level), number), HASH_BYTES * TILE_WIDTH)

    def tile_roots(self, level: int, first: int, count: int) -> list[bytes]:
        """Return the roots of full tiles, which are the hashes of the level above."""
        number, at = divmod(first, TILE_WIDTH)
        width = min(TILE_WIDTH, (self._size >> (8 * (level + 1))) - number * TILE_WIDTH)
        row = self._read(tile_path(str(level + 1), number, width), HASH_BYTES * TILE_WIDTH) or b""
        hashes = [row[start : start + HASH_BYTES] for start in range(0, len(row), HASH_BYTES)]
        return hashes[at : at + count]

    def entries(self, start: int = 0, end: int = 2**62) -> Iterator[tuple[int, bytes]]:
        """Walk the entries from `start` up to, not including, `end`; it ends early where the files do."""
        at, end = start, min(end, self._size)
        while at < end:
            bundle = list(self._bundle(at // TILE_WIDTH))[at % TILE_WIDTH :]
            if not bundle:
                return
            for entry in bundle[: end - at]:
                yield at, entry
                at += 1

    def _bundle(self, number: int) -> Iterator[bytes]:
        width = min(TILE_WIDTH, self._size - number * TILE_WIDTH)
        data = self._read(tile_path("entries", number, width), _LARGEST_BUNDLE) or b""
        at = 0
        while at + 2 <= len(data):
            end = at + 2 + int.from_bytes(data[at : at + 2], "big")
            yield data[at + 2 : end]
            at = end

    def _read(self, path: str, most: int) -> bytes | None:
        try:
            with (self._folder / path).open("rb") as file:
                data = file.read(most + 1)
        except OSError:
            return None
        return data if len(data) <= most else None


def _opened(note: bytes) -> tuple[str, int]:
    try:
        text = note.decode("utf-8")
        return text, parse_body(text.partition("\n\n")[0] + "\n").size
    except (UnicodeDecodeError, Malformed):
        raise IntegrityFailure("the folder's checkpoint is none") from None
