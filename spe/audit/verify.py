"""Verifies an exported log offline, from the folder and the log's public key alone.

No database, and none of the code that writes the log: hashing, paths, notes and JSON are read here a second
time. Everything in the folder is suspect but what the key signed. Constant memory; one pass when all is well.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from spe.audit.verify_folder import WIDTH, Bundle, ExportFolder, RightEdge, read_note
from spe.audit.verify_json import first_oddity
from spe.audit.verify_locate import Finding, locate
from spe.audit.verify_note import Head, LogKey, read_head, read_log_key
from spe.errors import IntegrityFailure

_NOTHING = Bundle([], [], True)


@dataclass(frozen=True, slots=True)
class Verified:
    """What was proved: `size` entries of the log `origin` under `root`, through `checkpoints` signed heads."""

    origin: str
    size: int
    root: bytes
    checkpoints: int


class BadLog(IntegrityFailure):
    """An export is not what the log signed.

    `index` is the first bad entry, or, where hashes were changed along with entries, the first that nothing
    signed vouches for: the bad one then lies before `before`. None when the signed head itself is missing or
    not signed.
    """

    def __init__(self, what: str, index: int | None = None, before: int | None = None) -> None:
        super().__init__(what if index is None else f"{_place(index, before)}: {what}")
        self.index = index
        self.before = before

    @property
    def exact(self) -> bool:
        """Say whether `index` is the bad entry itself rather than the start of a range."""
        return self.index is not None and self.before == self.index + 1


def _place(index: int, before: int | None) -> str:
    if before is None or before == index + 1:
        return f"first bad entry {index}"
    return f"first bad entry from {index} on, before {before}"


def verify_export(
    folder: Path, key: str, *, seen: bytes | None = None, progress: Callable[[int], None] | None = None
) -> Verified:
    """Check every entry, hash and checkpoint of `folder` against the log's key (`name+hash+base64`).

    `seen` is a checkpoint that the auditor kept from before: an export that is older, or of another history,
    fails. `progress` hears the number of entries done after each bundle. `BadLog` names the first bad index.
    """
    log_key = read_log_key(key)
    heads = _heads(folder, log_key, seen)
    export = ExportFolder(folder, heads[-1].size)
    broken = _first_odd_bundle(export, heads, progress)
    if broken is not None:
        raise _blame(export, heads, broken)
    if export.strangers() > 0:
        raise BadLog("among the tiles are files that the tree has no place for", export.size, export.size + 1)
    return Verified(heads[-1].origin, heads[-1].size, heads[-1].root, len(heads))


def _heads(folder: Path, key: LogKey, seen: bytes | None) -> list[Head]:
    newest = _head(read_note(folder / "checkpoint"), key, "checkpoint")
    older = [_older(path, key) for path in (folder / "checkpoints").glob("*")]
    older += [_head(seen, key, "the checkpoint kept from before")] if seen is not None else []
    heads = sorted({newest, *older}, key=lambda head: (head.size, head.root))
    if heads[-1].size > newest.size:
        raise BadLog("the log signed more entries than the folder shows", newest.size, newest.size + 1)
    return [head for head in heads if head != newest] + [newest]


def _older(path: Path, key: LogKey) -> Head:
    head = _head(read_note(path), key, f"checkpoints/{path.name}")
    if path.name != str(head.size):
        raise BadLog(f"checkpoints/{path.name} is a checkpoint of size {head.size}")
    return head


def _head(note: bytes, key: LogKey, where: str) -> Head:
    try:
        return read_head(note, key, where)
    except IntegrityFailure as error:
        raise BadLog(str(error)) from None


def _first_odd_bundle(
    export: ExportFolder, heads: list[Head], progress: Callable[[int], None] | None
) -> int | None:
    """Walk the export once; return the number of the bundle at which something first did not fit."""
    edge = RightEdge(export)
    waiting = heads[::-1]
    for number in range(max(export.bundles, 1)):
        bundle = export.bundle(number) if export.bundles else _NOTHING
        if export.bundles and not _fits(export, number, bundle):
            return number
        while waiting and waiting[-1].size <= number * WIDTH + len(bundle.leaves):
            head = waiting.pop()
            if edge.root(bundle.leaves[: head.size - number * WIDTH]) != head.root:
                return number
        if len(bundle.leaves) == WIDTH and not edge.add(bundle.leaves):
            return number
        if progress is not None:
            progress(number * WIDTH + len(bundle.leaves))
    return None if edge.fits() else export.bundles - 1


def _fits(export: ExportFolder, number: int, bundle: Bundle) -> bool:
    return bundle.whole and first_oddity(bundle.entries) is None and export.tile_is(0, number, bundle.leaves)


def _blame(export: ExportFolder, heads: list[Head], number: int) -> BadLog:
    """Return the most exact reason for the failure met in bundle `number`.

    All bundles before it are canonical.
    """
    finding = locate(export, heads)
    odd = first_oddity(export.bundle(number).entries) if export.bundles else None
    index = number * WIDTH + odd if odd is not None else export.size
    if finding is None or index < finding.index:
        finding = Finding(index, index + 1, "the entry is not canonical JSON")
    return BadLog(finding.what, finding.index, finding.before)
