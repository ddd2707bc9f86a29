"""The verifier's own reading of an exported folder (C2SP tlog-tiles), which it does not trust."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

WIDTH = 256
_LARGEST_BUNDLE = WIDTH * (2 + 65535)
_LARGEST_NOTE = 1 << 16


def read_file(path: Path, most: int) -> bytes:
    """Return a regular file's bytes.

    None for a missing, over-long or special file, which then fits no hash.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return b""
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(handle)
        return file.read() if stat.S_ISREG(status.st_mode) and status.st_size <= most else b""


def leaf(entry: bytes) -> bytes:
    """Return an entry's leaf hash (RFC 6962, 2.1)."""
    return sha256(b"\x00" + entry).digest()


def fold(hashes: list[bytes]) -> bytes:
    """Return the Merkle root over hashes of one level, the last of which may stand for a smaller subtree."""
    while len(hashes) > 1:
        odd = hashes[-1:] if len(hashes) % 2 else []
        pairs = zip(hashes[::2], hashes[1::2], strict=False)
        hashes = [sha256(b"\x01" + left + right).digest() for left, right in pairs] + odd
    return hashes[0] if hashes else sha256(b"").digest()


def fold_rows(rows: list[list[bytes]]) -> bytes:
    """Return the root of a tree from its right edge: row n holds the unfinished tile of level n."""
    last: list[bytes] = []
    for row in rows:
        last = [fold(row + last)] if row or last else []
    return fold(last)


@dataclass(frozen=True, slots=True)
class Bundle:
    """The entries that a bundle's file gives, their leaf hashes, and whether the file is exactly what was expected."""

    entries: list[bytes]
    leaves: list[bytes]
    whole: bool


class ExportFolder:
    """Reads tiles and bundles of a tree of `size` leaves.

    What is wrong with a file reads as hashes that don't fit.
    """

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self.size = size
        self.bundles = -(-size // WIDTH)
        self._kept = (-1, Bundle([], [], False))

    def bundle(self, number: int) -> Bundle:
        """Return a bundle; fewer entries than expected where the file is cut short."""
        if self._kept[0] != number:
            self._kept = (number, self._read_bundle(number))
        return self._kept[1]

    def width(self, level: int, number: int) -> int:
        """Return how many hashes, or entries, the tile or bundle has in a tree of this size."""
        return min(WIDTH, (self.size >> (8 * level)) - number * WIDTH)

    def tile_is(self, level: int, number: int, expected: list[bytes]) -> bool:
        """Say whether the stored tile holds exactly these hashes."""
        return self._tile(level, number) == b"".join(expected)

    def tile(self, level: int, number: int) -> list[bytes]:
        """Return the hashes of a stored tile; none when the file is missing or of the wrong size."""
        data = self._tile(level, number)
        return [data[at : at + 32] for at in range(0, len(data), 32)]

    def strangers(self) -> int:
        """Return how many files stand among the tiles that the tree has no place for, once all its own are there."""
        found = sum(len(names) for _, _, names in os.walk(self._path / "tile"))
        levels = [self.size >> (8 * level) for level in range(8)]
        return found - self.bundles - sum(-(-hashes // WIDTH) for hashes in levels)

    def _tile(self, level: int, number: int) -> bytes:
        width = self.width(level, number)
        data = read_file(self._path / _path(str(level), number, width), 32 * WIDTH)
        return data if len(data) == 32 * width else b""

    def _read_bundle(self, number: int) -> Bundle:
        width = self.width(0, number)
        data = read_file(self._path / _path("entries", number, width), _LARGEST_BUNDLE)
        entries, at = _unframed(data, width)
        return Bundle(entries, [leaf(entry) for entry in entries], at == len(data) and len(entries) == width)


class RightEdge:
    """The unfinished tiles above the leaves while a tree is rebuilt.

    Finished ones are compared with `folder`'s.
    """

    def __init__(self, folder: ExportFolder | None = None) -> None:
        self._folder = folder
        self._rows: list[list[bytes]] = []
        self._done: list[int] = []

    def add(self, leaves: list[bytes]) -> bool:
        """Take in the 256 leaf hashes of a bundle; say whether all tiles they finish are as stored."""
        return self._put(1, fold(leaves))

    def root(self, rest: list[bytes]) -> bytes:
        """Return the root over all that was added and the leaf hashes `rest` of the bundle after it."""
        return fold_rows([rest, *self._rows])

    def fits(self) -> bool:
        """Say whether the unfinished tiles are as stored, once everything was added."""
        folder = self._folder
        rows = [(level, row) for level, row in enumerate(self._rows, start=1) if row]
        return folder is None or all(folder.tile_is(at, self._done[at - 1], row) for at, row in rows)

    def _put(self, level: int, value: bytes) -> bool:
        if level > len(self._rows):
            self._rows.append([])
            self._done.append(0)
        row = self._rows[level - 1]
        row.append(value)
        if len(row) < WIDTH:
            return True
        same = self._folder is None or self._folder.tile_is(level, self._done[level - 1], row)
        self._rows[level - 1] = []
        self._done[level - 1] += 1
        return self._put(level + 1, fold(row)) and same


def _unframed(data: bytes, most: int) -> tuple[list[bytes], int]:
    """Return up to `most` entries, each behind its length in two bytes, and where reading them ended."""
    entries: list[bytes] = []
    at, length = 0, len(data)
    while at + 2 <= length and len(entries) < most:
        end = at + 2 + (data[at] << 8) + data[at + 1]
        if end > length:
            break
        entries.append(data[at + 2 : end])
        at = end
    return entries, at


def _path(row: str, number: int, width: int) -> str:
    digits = str(number)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    partial = f".p/{width}" if width < WIDTH else ""
    return f"tile/{row}/{'/'.join([*(f'x{group}' for group in groups[:-1]), groups[-1]])}{partial}"


def read_note(path: Path) -> bytes:
    """Return the bytes of a signed note."""
    return read_file(path, _LARGEST_NOTE)
