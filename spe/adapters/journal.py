"""Journals: what a part of this process did, line by line, written by that part itself and never through the log.

The log is compared with them afterwards. Each process has files of its own, so no line is ever torn by another
process; a line that could not be written whole is the last of its file, and what it was to tell of must not happen.
"""

from __future__ import annotations

import json
import os
import secrets
import threading
from datetime import UTC
from pathlib import Path
from typing import Any

from spe.clock import Clock, SystemClock
from spe.crypto.private_files import make_private_folder
from spe.errors import Unreachable

LARGEST_LINE = 4096
_LARGEST_FILE = 1 << 24


def new_process() -> str:
    """Return the name under which journals and log know a process from its start to its end."""
    return secrets.token_hex(8)


class Journal:
    """Appends numbered lines to `folder`; `sync`: each is on the disk before `write` returns."""

    def __init__(
        self,
        folder: Path,
        name: str,
        process: str = "",
        clock: Clock | None = None,
        *,
        sync: bool = False,
        largest: int = _LARGEST_FILE,
    ) -> None:
        self.process = process or new_process()
        self._folder, self._name = folder, name
        self._clock = clock or SystemClock()
        self._sync, self._largest = sync, largest
        self._lock = threading.Lock()
        self._written = self._part = self._size = 0
        self._handle: int | None = None

    @property
    def written(self) -> int:
        """Return how many lines there are, which is the last one's number."""
        return self._written

    def write(self, **fields: Any) -> int:
        """Append one line and return its number; `Unreachable` where it can't be: what it tells of must not happen."""
        with self._lock:
            at = self._clock.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
            line = {"n": self._written + 1, "at": at, "process": self.process, **fields}
            data = json.dumps(line, separators=(",", ":"), sort_keys=True).encode() + b"\n"
            if len(data) > LARGEST_LINE:
                raise Unreachable("a journal's line would be too long, so nothing was done")
            try:
                self._append(data)
            except OSError as cause:
                self._leave()
                raise Unreachable("a journal can't be written, so nothing was done") from cause
            return self._written

    def _append(self, data: bytes) -> None:
        if self._handle is not None and self._size + len(data) > self._largest:
            self._leave()
        if self._handle is None:
            self._handle = self._begin()
        if os.write(self._handle, data) != len(data):
            raise OSError("a line was written in part")
        self._size += len(data)
        self._written += 1
        if self._sync:
            os.fsync(self._handle)

    def _begin(self) -> int:
        make_private_folder(self._folder)
        path = self._folder / f"{self._name}-{self.process}-{self._part:06d}.jsonl"
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        return os.open(path, flags, 0o600)

    def _leave(self) -> None:
        """Write no more to this file: a torn line must stay its last."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None
        self._part, self._size = self._part + 1, 0
