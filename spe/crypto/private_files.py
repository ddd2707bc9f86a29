"""Files that only their owner may read, written whole or not at all."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterable
from pathlib import Path

from spe.errors import Unreachable

_LARGEST = 1 << 16


def read_private(path: Path) -> bytes:
    """Return a small secret file's bytes.

    `Unreachable` when it is missing, not ours, a link, or open to others.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        remedy = "; put it back from its backup" if isinstance(error, FileNotFoundError) else ""
        raise Unreachable(f"key file {path.name} can't be opened: {error.strerror}{remedy}") from None
    with os.fdopen(handle, "rb") as file:
        _refuse_loose(path, os.fstat(handle))
        return file.read(_LARGEST)


def _refuse_loose(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode) or status.st_uid != os.geteuid():
        raise Unreachable(f"key file {path.name} is not a regular file of this account")
    if stat.S_IMODE(status.st_mode) & 0o077:
        raise Unreachable(f"key file {path.name} is readable by others; chmod 600 it, and renew the key")


def make_private_folder(path: Path) -> None:
    """Make `path` a folder of mode 0700 if it is missing.

    `Unreachable` when others may enter the one there is.
    """
    missing = [folder for folder in (path, *path.parents) if not folder.exists()]
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    for folder in missing:
        sync_folder(folder.parent)
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise Unreachable(f"key folder {path.name} is open to others; chmod 700 it")


def write_new(path: Path, data: bytes, mode: int = 0o600) -> bool:
    """Put `data` durably at `path` if nothing is there, and say whether it was put; never half a file.

    A file that is there is made durable too: whoever put it may have died, or heard of a failure, before it was.
    """
    return write_once(path, [data], mode)


def write_once(path: Path, chunks: Iterable[bytes], mode: int = 0o600) -> bool:
    """Put the chunks durably at `path` if nothing is there, and say whether they were put; never half of them."""
    part = _write_part(path, chunks, mode)
    try:
        os.link(part, path)
        put = True
    except FileExistsError:
        put = False
    finally:
        part.unlink()
    sync_folder(path.parent)
    return put


def write_whole(path: Path, chunks: Iterable[bytes], mode: int = 0o600) -> None:
    """Replace `path` by the chunks, durably and in one step; if they fail to come, `path` stays as it was."""
    part = _write_part(path, chunks, mode)
    part.replace(path)
    sync_folder(path.parent)


def overwrite(file: Path) -> None:
    """Put random bytes in a secret's place, durably, before its name goes."""
    handle = os.open(file, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.write(handle, os.urandom(os.fstat(handle).st_size))
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_part(path: Path, chunks: Iterable[bytes], mode: int) -> Path:
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(handle, "wb", buffering=0) as file:
            for chunk in chunks:
                _write_all(file.fileno(), chunk)
            os.fsync(file.fileno())
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return part


def _write_all(handle: int, chunk: bytes) -> None:
    written = os.write(handle, chunk) if chunk else 0
    while written < len(chunk):
        written += os.write(handle, memoryview(chunk)[written:])


def sync_folder(folder: Path) -> None:
    """Make the folder's own list of names durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
