"""Remembers how far a verification came, so that one that was interrupted goes on.

The file is as suspect as the export. Nothing is believed because of it but that the first `size` entries are
canonical JSON, and only where they still have the `root` that was noted: hashes, tiles and signatures are
checked anew each time, which is the smaller part of the work.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spe.audit.verify_folder import WIDTH, read_file
from spe.errors import Malformed

EVERY = 64 * WIDTH
_LARGEST = 4096


@dataclass(frozen=True, slots=True)
class Reached:
    """The first `size` entries, a multiple of `EVERY`, have this root and are canonical JSON."""

    size: int
    root: bytes


class StateFile:
    """One verification's file, bound to the log's key; `Malformed` where it is another's, or no such file."""

    def __init__(self, path: Path, key: str) -> None:
        self._path = path
        self._key = key.strip()
        self.reached = self._read() if path.exists() or path.is_symlink() else Reached(0, b"")

    def take(self, size: int, root: bytes) -> bool:
        """Note that `size` entries with this root are right; say no where the file knows another root for them."""
        if size == self.reached.size:
            return root == self.reached.root
        if size > self.reached.size:
            self._write(Reached(size, root))
        return True

    def forget(self) -> None:
        """Remove the file: something under its root turned out wrong."""
        with suppress(OSError):
            self._path.unlink()

    def _read(self) -> Reached:
        try:
            kept = json.loads(read_file(self._path, _LARGEST))
        except (ValueError, RecursionError):
            kept = None
        if not _is_state(kept):
            raise Malformed(
                f"{self._path.name} is not a file that `--state` wrote: name another, or remove it"
            )
        if kept["key"] != self._key:
            raise Malformed(f"{self._path.name} was kept for another log's key")
        return Reached(kept["size"], bytes.fromhex(kept["root"]))

    def _write(self, reached: Reached) -> None:
        fields = {"v": 1, "key": self._key, "size": reached.size, "root": reached.root.hex()}
        part = self._path.with_name(f"{self._path.name}.part")
        try:
            part.unlink(missing_ok=True)
            with part.open("x") as file:
                json.dump(fields, file)
            part.replace(self._path)
        except OSError as cause:
            raise Malformed(f"{self._path}: {cause.strerror}") from None
        self.reached = reached


def _is_state(kept: Any) -> bool:
    if not isinstance(kept, dict) or kept.keys() != {"v", "key", "size", "root"} or kept["v"] != 1:
        return False
    size, root = kept["size"], kept["root"]
    return type(size) is int and size > 0 and size % EVERY == 0 and _is_hash(root)


def _is_hash(text: Any) -> bool:
    digits = set("0123456789abcdef")
    return isinstance(text, str) and len(text) == 64 and digits.issuperset(text)
