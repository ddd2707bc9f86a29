"""Verifies an exported log offline, from the folder and the log's public key alone.

No database, and none of the code that writes the log: hashing, paths, notes and JSON are read here a second
time. Everything in the folder is suspect but what the key signed. Constant memory; one pass when all is well.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from spe.audit.verify_folder import WIDTH, Bundle, ExportFolder, RightEdge, read_note
from spe.audit.verify_json import first_oddity
from spe.audit.verify_keys import KeyChain, Note
from spe.audit.verify_locate import Finding, locate
from spe.audit.verify_note import (
    Cosigned,
    Head,
    claimed_size,
    key_line,
    read_cosignature,
    read_log_key,
    read_witness_key,
)
from spe.audit.verify_state import EVERY, StateFile
from spe.errors import IntegrityFailure, Malformed

_NOTHING = Bundle([], [], True)
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Verified:
    """What was proved: `size` entries of the log `origin` under `root`, through `checkpoints` signed heads.

    `cosigned`: which of the witnesses that were asked about saw the newest of them, and when. `handed_on`: the key that
    signs the log by now, where the one that was given has handed it on.
    """

    origin: str
    size: int
    root: bytes
    checkpoints: int
    cosigned: tuple[Cosigned, ...] = ()
    handed_on: str = ""


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
    folder: Path,
    key: str,
    *,
    witnesses: Sequence[str] = (),
    seen: bytes | None = None,
    state: Path | None = None,
    progress: Progress | None = None,
) -> Verified:
    """Check every entry, hash and checkpoint of `folder` against the log's key (`name+hash+base64`), a former one or a later.

    Each of `witnesses` (keys too) must have cosigned the newest checkpoint. `seen` is a checkpoint that the auditor
    kept from before: an export that is older, or of another history, fails. `state` is a file by which an
    interrupted verification goes on. `progress` hears the number of entries done, of how many, after each bundle.
    `BadLog` names the first bad index.
    """
    log_key = read_log_key(key)
    chain = KeyChain(log_key)
    heads = _heads(folder, chain, seen)
    cosigned = _cosigned(folder, witnesses)
    export = ExportFolder(folder, heads[-1].size)
    memory = _memory(state, key, export)
    try:
        _check(export, heads, memory, progress)
    except BadLog:
        if memory is not None:
            memory.forget()
        raise
    handed_on = key_line(chain.newest) if chain.newest != log_key else ""
    return Verified(heads[-1].origin, heads[-1].size, heads[-1].root, len(heads), cosigned, handed_on)


def _memory(path: Path | None, key: str, export: ExportFolder) -> StateFile | None:
    if path is None:
        return None
    memory = StateFile(path, key)
    if memory.reached.size > export.size:
        raise Malformed(
            f"{path.name} was kept for a larger export: {memory.reached.size} entries of it were right"
        )
    return memory


def _check(
    export: ExportFolder, heads: list[Head], memory: StateFile | None, progress: Progress | None
) -> None:
    broken = _first_odd_bundle(export, heads, memory, progress)
    if broken is not None:
        raise _blame(export, heads, broken)
    if export.strangers() > 0:
        raise BadLog("among the tiles are files that the tree has no place for", export.size, export.size + 1)


def _cosigned(folder: Path, witnesses: Sequence[str]) -> tuple[Cosigned, ...]:
    keys = [read_witness_key(witness) for witness in witnesses]
    note = read_note(folder / "checkpoint")
    try:
        return tuple(read_cosignature(note, key, "checkpoint") for key in keys)
    except IntegrityFailure as error:
        raise BadLog(str(error)) from None


def _heads(folder: Path, chain: KeyChain, seen: bytes | None) -> list[Head]:
    newest = Note(read_note(folder / "checkpoint"), "checkpoint")
    older = [path.name for path in (folder / "checkpoints").glob("*")]
    notes = [newest, *(Note(read_note(folder / "checkpoints" / one), f"checkpoints/{one}") for one in older)]
    notes += [Note(seen, "the checkpoint kept from before")] if seen is not None else []
    try:
        read = chain.heads(notes, ExportFolder(folder, claimed_size(newest.data)))
    except IntegrityFailure as error:
        raise BadLog(str(error)) from None
    for name, head in zip(older, read[1:], strict=False):
        if name != str(head.size):
            raise BadLog(f"checkpoints/{name} is a checkpoint of size {head.size}")
    heads = sorted(set(read), key=lambda head: (head.size, head.root))
    if heads[-1].size > read[0].size:
        raise BadLog("the log signed more entries than the folder shows", read[0].size, read[0].size + 1)
    return [head for head in heads if head != read[0]] + [read[0]]


def _first_odd_bundle(
    export: ExportFolder, heads: list[Head], memory: StateFile | None, progress: Progress | None
) -> int | None:
    """Walk the export once; return the number of the bundle at which something first did not fit."""
    edge = RightEdge(export)
    waiting = heads[::-1]
    known = memory.reached.size if memory is not None else 0
    for number in range(max(export.bundles, 1)):
        bundle = export.bundle(number) if export.bundles else _NOTHING
        end = number * WIDTH + len(bundle.leaves)
        if export.bundles and not _fits(export, number, bundle, canonical=end <= known):
            return number
        while waiting and waiting[-1].size <= end:
            head = waiting.pop()
            if edge.root(bundle.leaves[: head.size - number * WIDTH]) != head.root:
                return number
        if len(bundle.leaves) == WIDTH and not edge.add(bundle.leaves):
            return number
        if memory is not None and end and end % EVERY == 0 and not memory.take(end, edge.root([])):
            raise BadLog("they are not the entries that the state was kept for", 0, end)
        if progress is not None:
            progress(end, export.size)
    return None if edge.fits() else export.bundles - 1


def _fits(export: ExportFolder, number: int, bundle: Bundle, *, canonical: bool) -> bool:
    """Say whether a bundle and its tile are whole; `canonical` says that its entries are known to be in form."""
    in_form = canonical or first_oddity(bundle.entries) is None
    return bundle.whole and in_form and export.tile_is(0, number, bundle.leaves)


def _blame(export: ExportFolder, heads: list[Head], number: int) -> BadLog:
    """Return the most exact reason for the failure met in bundle `number`.

    All bundles before it are canonical.
    """
    finding = locate(export, heads)
    odd = first_oddity(export.bundle(number).entries) if export.bundles else None
    index = number * WIDTH + odd if odd is not None else export.size
    if finding is None or index < finding.index:
        finding = Finding(index, index + 1, "the entry is not canonical JSON")
    return BadLog(f"{finding.what}{_missing(export, number)}", finding.index, finding.before)


def _missing(export: ExportFolder, number: int) -> str:
    """Say which entry of the bundle was not there when the folder was written: an export leaves its place empty."""
    entries = export.bundle(number).entries if export.bundles else []
    return f" (entry {number * WIDTH + entries.index(b'')} is missing)" if b"" in entries else ""
