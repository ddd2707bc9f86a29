"""A key holder's record of what it took part in: lines of JSON in one private file, each synced before it counts."""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from spe.crypto import canonical
from spe.crypto.private_files import make_private_folder, sync_folder
from spe.errors import IntegrityFailure, Malformed, Unreachable
from spe.federation.model import Opening
from spe.values import from_stored, to_data

_LARGEST = 64 << 20


class OpeningFile:
    """`Openings` in `path` (0600). A line that is cut or altered stops everything: the holder then opens nothing."""

    def __init__(self, path: Path) -> None:
        make_private_folder(path.parent)
        self._path = path

    def all(self) -> Sequence[Opening]:
        """Return every opening so far; `IntegrityFailure` for a damaged record, `Unreachable` for an unreadable one."""
        with self._locked() as handle:
            return _read(handle)

    def remember(self, opening: Opening, admit: Callable[[Sequence[Opening]], None]) -> None:
        """Write the opening down if `admit` lets it pass, alone with the file; `Unreachable` when that fails."""
        with self._locked() as handle:
            past = _read(handle)
            if any(one.order == opening.order for one in past):
                return
            admit(past)
            line = canonical.encode(to_data(opening)) + b"\n"
            if os.write(handle, line) != len(line):
                raise Unreachable("the record of openings was written by halves: look at its last line")
            os.fsync(handle)
            sync_folder(self._path.parent)

    @contextmanager
    def _locked(self) -> Iterator[int]:
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            handle = os.open(self._path, flags, 0o600)
            try:
                if stat.S_IMODE(os.fstat(handle).st_mode) & 0o077:
                    raise Unreachable("the record of openings is open to others; chmod 600 it")
                fcntl.flock(handle, fcntl.LOCK_EX)
                yield handle
            finally:
                os.close(handle)
        except OSError as error:
            raise Unreachable(f"the record of openings can't be used: {error.strerror}") from None


def _read(handle: int) -> tuple[Opening, ...]:
    size = os.fstat(handle).st_size
    data = os.pread(handle, size, 0) if size <= _LARGEST else b""
    if len(data) != size or (data and not data.endswith(b"\n")):
        raise IntegrityFailure("the record of openings is damaged: its last line is cut, or it is too long")
    return tuple(_opening(line) for line in data.splitlines())


def _opening(line: bytes) -> Opening:
    try:
        return from_stored(Opening, canonical.parse_object(line))
    except Malformed:
        raise IntegrityFailure("the record of openings is damaged") from None
