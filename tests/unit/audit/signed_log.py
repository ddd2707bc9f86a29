"""A small log with everything signed, for tests that read it, or change it behind the log's back."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from spe.audit.checkpoint import Checkpoint, sign_checkpoint
from spe.audit.export import export_files
from spe.audit.merkle import CompactRange
from spe.crypto import canonical
from spe.crypto.signing import SigningKey, StatementKind

KEY = SigningKey(StatementKind.CHECKPOINT, "spe.example", bytes(range(32)))
VKEY = KEY.public.text()


def entry(number: int) -> bytes:
    """Return an entry that no other number has."""
    return canonical.encode({"data": {"note": "x" * (number % 7)}, "nonce": f"{number:08x}", "type": "test"})


def checkpoints(entries: list[bytes], sizes: Iterable[int]) -> dict[int, str]:
    """Return signed notes for these sizes and for all entries."""
    tree, wanted = CompactRange(), {*sizes, len(entries)}
    notes: dict[int, str] = {}
    for size in range(len(entries) + 1):
        tree = tree.append_entry(entries[size - 1]) if size else tree
        if size in wanted:
            notes[size] = sign_checkpoint(Checkpoint(KEY.public.name, size, tree.root()), KEY)
    return notes


def exported(entries: list[bytes], notes: dict[int, str]) -> dict[str, bytes]:
    """Return the files of an export by their paths."""
    return {file.path: file.data for file in export_files(entries, notes)}


def write(folder: Path, files: dict[str, bytes]) -> Path:
    """Write the files into `folder`."""
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder
