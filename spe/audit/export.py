"""The exported log: a folder in the layout of C2SP tlog-tiles that any static file server can serve.

`checkpoint` is the newest signed note, `tile/entries/N` the entries in bundles of 256 (each with its length
in two bytes, big-endian), `tile/L/N` the hashes at tree level 8L. The last of a row is partial and ends in
`.p/WIDTH`. Beside the standard's files stand older checkpoints as `checkpoints/SIZE`: they bracket the first
bad entry where hashes were rewritten along with entries.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Protocol

from spe.audit.merkle import HASH_BYTES, leaf_hash
from spe.audit.tiles import TILE_WIDTH, Rows
from spe.errors import Conflict, Malformed

LARGEST_ENTRY = (1 << 16) - 1


@dataclass(frozen=True, slots=True)
class ExportFile:
    """One file of the folder: its path with forward slashes, and its bytes (at most 17 MB, mostly far less)."""

    path: str
    data: bytes


class StoredHashes(Protocol):
    """Keeps full tiles."""

    def tile(self, level: int, number: int) -> bytes | None:
        """Return a full tile's hashes, or None where it isn't kept."""
        ...

    def tile_roots(self, level: int, first: int, count: int) -> list[bytes]:
        """Return the roots of full tiles from number `first` on, at most `count`."""
        ...


def export_files(
    entries: Iterable[bytes], checkpoints: Mapping[int, str], stored: StoredHashes | None = None
) -> Iterator[ExportFile]:
    """Yield every file of the folder, the newest checkpoint last, in memory that does not grow with the log.

    `entries` are those under the newest of `checkpoints` (size to signed note). Full tiles are given as they are
    `stored`: where entries were changed since, the hashes that were made of them name the first. `Malformed`: no
    checkpoint, another number of entries, an entry of 64 KiB or more.
    """
    if not checkpoints:
        raise Malformed("a log without a checkpoint can't be exported")
    rows = Rows()
    for bundle in _bundles(entries):
        yield from _added(rows, bundle, stored)
    size = max(checkpoints)
    if rows.size != size:
        raise Malformed(f"the checkpoint covers {size} entries, not {rows.size}")
    for level, number, made in rows.rest():
        hashes = (_roots(stored, level, number, len(made)) if stored is not None else None) or made
        yield ExportFile(tile_path(str(level), number, len(hashes) // HASH_BYTES), hashes)
    for older in sorted(checkpoints):
        yield ExportFile(f"checkpoints/{older}", checkpoints[older].encode())
    yield ExportFile("checkpoint", checkpoints[size].encode())


def gapless(entries: Iterable[tuple[int, bytes]], size: int) -> Iterator[bytes]:
    """Yield one entry for each index below `size`: an empty one, which no log signs, where there is none."""
    following = 0
    for index, entry in entries:
        yield from repeat(b"", index - following)
        yield entry
        following = index + 1
    yield from repeat(b"", size - following)


def write_export(folder: Path, files: Iterable[ExportFile]) -> None:
    """Write the files into `folder`, which is made; `Conflict` if it already holds something.

    An export that was interrupted has no `checkpoint`. Nothing is synced: a copy proves itself when it is
    verified.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise Conflict(f"the folder {folder.name} is not empty")
    for file in files:
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as handle:
            handle.write(file.data)


def spaced_sizes(newest: int) -> tuple[int, ...]:
    """Return sizes, at halving distances from `newest`, whose checkpoints an export keeps if it can't keep all."""
    sizes = {newest - (newest >> step) for step in range(1, newest.bit_length() + 1)}
    return tuple(sorted(sizes - {0} | {newest}))


def tile_path(row: str, number: int, width: int = TILE_WIDTH) -> str:
    """Return the path of a tile or bundle: `row` is a level or `entries`, and folders take three digits each."""
    groups = [f"{number % 1000:03d}"]
    while number := number // 1000:
        groups.insert(0, f"x{number % 1000:03d}")
    partial = "" if width == TILE_WIDTH else f".p/{width}"
    return f"tile/{row}/{'/'.join(groups)}{partial}"


def _bundles(entries: Iterable[bytes]) -> Iterator[list[bytes]]:
    bundle: list[bytes] = []
    for entry in entries:
        if len(entry) > LARGEST_ENTRY:
            raise Malformed("an entry is 64 KiB or longer")
        bundle.append(entry)
        if len(bundle) == TILE_WIDTH:
            yield bundle
            bundle = []
    if bundle:
        yield bundle


def _added(rows: Rows, bundle: list[bytes], stored: StoredHashes | None) -> Iterator[ExportFile]:
    yield ExportFile(tile_path("entries", rows.size // TILE_WIDTH, len(bundle)), _framed(bundle))
    for entry in bundle:
        for tile in rows.add(leaf_hash(entry)):
            there = stored.tile(tile.level, tile.number) if stored is not None else None
            yield ExportFile(tile_path(str(tile.level), tile.number), there or tile.hashes)


def _roots(stored: StoredHashes, level: int, number: int, length: int) -> bytes | None:
    """Return the stored roots that the partial tile consists of, `length` bytes; None where they aren't kept."""
    if level == 0:
        return None
    hashes = b"".join(stored.tile_roots(level - 1, number * TILE_WIDTH, length // HASH_BYTES))
    return hashes if len(hashes) == length else None


def _framed(bundle: list[bytes]) -> bytes:
    return b"".join([len(entry).to_bytes(2, "big") + entry for entry in bundle])
