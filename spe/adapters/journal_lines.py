"""Reading journals back: every line of every process, with the digest of each file that was read."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from spe.adapters.journal import LARGEST_LINE
from spe.errors import Unreachable
from spe.oversight.reconcile import parsed
from spe.oversight.reconcile_journals import BadLine, Line

_TEXTS = ("gate", "bundle", "why", "object", "scope")
_LISTS = ("reasons", "lapsed")
_NAME = re.compile(r"(?P<journal>[a-z]+)-(?P<process>[0-9a-f]{16})-(?P<part>\d{6})\.jsonl")


class JournalFolder:
    """`Lines` of one kind of journal under `folder`; `digests` is filled by reading."""

    def __init__(self, folder: Path, journal: str) -> None:
        self._folder = folder
        self._journal = journal
        self.digests: dict[str, str] = {}

    def lines(self) -> Iterator[Line | BadLine]:
        """Walk all lines, file by file; a file of another name counts as a line that can't be read."""
        try:
            for path in sorted(self._folder.glob(f"{self._journal}-*")):
                found = _NAME.fullmatch(path.name)
                if found is None:
                    yield BadLine(path.name.encode("utf-8", "backslashreplace").decode(), torn=False)
                else:
                    yield from self._read(path, found["process"])
        except OSError as cause:
            raise Unreachable(f"a journal can't be read: {cause.strerror}") from None

    def _read(self, path: Path, process: str) -> Iterator[Line | BadLine]:
        digest = hashlib.sha256()
        with path.open("rb") as file:
            for at, raw in enumerate(iter(lambda: file.readline(LARGEST_LINE + 1), b""), start=1):
                digest.update(raw)
                yield _line(raw, f"{path.name}:{at}", process)
        self.digests[path.name] = digest.hexdigest()


def _line(raw: bytes, where: str, process: str) -> Line | BadLine:
    """Return the line; only a file's last can lack its end, unless it is longer than any line is."""
    if not raw.endswith(b"\n"):
        return BadLine(where, torn=len(raw) <= LARGEST_LINE)
    try:
        data: dict[str, Any] = parsed(raw)
        number, at, said = data["n"], data["at"], data["process"]
    except (ValueError, LookupError, TypeError, RecursionError):
        return BadLine(where, torn=False)
    if type(number) is not int or type(at) is not str or said != process or not _is_shaped(data):
        return BadLine(where, torn=False)
    return Line(where, process, number, at, data)


def _is_shaped(data: dict[str, Any]) -> bool:
    lists = [data.get(name, []) for name in _LISTS]
    return all(isinstance(data.get(name, ""), str) for name in _TEXTS) and all(
        isinstance(one, list) and all(isinstance(part, str) for part in one) for one in lists
    )
