"""Reading what a run left: declared regular files by descriptor, everything else counted by kind and never opened."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Callable
from typing import BinaryIO

_KINDS = (
    (stat.S_ISLNK, "symlink"),
    (stat.S_ISDIR, "directory"),
    (stat.S_ISFIFO, "fifo"),
    (stat.S_ISBLK, "device"),
    (stat.S_ISCHR, "device"),
    (stat.S_ISSOCK, "socket"),
)


def collect(
    folder: str, declared: dict[str, int], give: Callable[[str, int, BinaryIO], None]
) -> Counter[str]:
    """Call `give(name, size, file)` for each declared file within its bound; returns refusals counted by kind.

    Runs only when every process of the run is dead, so nothing changes between look and read.
    """
    refused: Counter[str] = Counter()
    root = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        for name in sorted(os.listdir(root), key=os.fsencode):
            kind = _refusal(root, name, declared)
            if kind is None:
                kind = _give(root, name, declared[name], give)
            if kind is not None:
                refused[kind] += 1
    finally:
        os.close(root)
    return refused


def _refusal(root: int, name: str, declared: dict[str, int]) -> str | None:
    found = os.stat(name, dir_fd=root, follow_symlinks=False)
    for is_kind, kind in _KINDS:
        if is_kind(found.st_mode):
            return kind
    if found.st_nlink != 1:
        return "hard_link"
    return None if name in declared else "undeclared"


def _give(root: int, name: str, most: int, give: Callable[[str, int, BinaryIO], None]) -> str | None:
    try:
        os.chmod(name, 0o400, dir_fd=root)
        number = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=root)
    except OSError:
        return "unreadable"
    with open(number, "rb", buffering=0) as file:
        found = os.fstat(number)
        if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
            return "unreadable"
        if found.st_size > most:
            return "too_large"
        give(name, found.st_size, file)
    return None
