"""A stamp is written last, so that a half-made environment is never taken for a whole one."""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NAME = ".made-of"


def digest(*parts: str | Path) -> str:
    """Return the SHA-256 of texts, of files' bytes, and of the interpreter and machine that would use them."""
    total = hashlib.sha256()
    base = os.path.realpath(getattr(sys, "_base_executable", sys.executable))
    for part in (sys.version, base, platform.machine(), *parts):
        data = part.read_bytes() if isinstance(part, Path) else part.encode()
        total.update(len(data).to_bytes(8) + data)
    return total.hexdigest()


def is_whole(folder: Path, key: str) -> bool:
    """Say whether `folder` was finished from exactly what `key` stands for."""
    try:
        return (folder / _NAME).read_text() == key
    except OSError:
        return False


@contextmanager
def making(folder: Path, key: str) -> Iterator[None]:
    """Clear away what half-made or outdated `folder` there is, and stamp it when the block has succeeded."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    yield
    (folder / _NAME).write_text(key)


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Keep other set-ups waiting while the block runs; the system lifts the lock of a process that died."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
