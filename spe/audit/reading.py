"""Reading the log: the timeline of one thing, and the whole of it as an export."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Protocol

from spe.audit.merkle import CompactRange


class LogReader(Protocol):
    """The stored log, read only."""

    def head(self) -> CompactRange:
        """Return size and hashes of the log as it is now."""
        ...

    def entries(self, start: int = 0, end: int = 2**62) -> Iterator[tuple[int, bytes]]:
        """Walk the entries from `start` up to, not including, `end`."""
        ...

    def checkpoints(self) -> dict[int, str]:
        """Return every signed checkpoint by its size."""
        ...


class StaffOpener(Protocol):
    """Opens what hides staff, and knows subjects by their keyed digests."""

    def open_staff(self, sealed: str) -> str:
        """Return who was sealed."""
        ...

    def is_subject(self, subject: str, nonce: str, found: str) -> bool:
        """Say whether the digest `found` in the entry with `nonce` is of `subject`."""
        ...


def timeline(
    log: LogReader, opener: StaffOpener, about: str, after: int, limit: int
) -> Iterator[dict[str, Any]]:
    """Yield the entries after index `after` that mention `about`: an identifier, a member of staff, or a subject."""
    found = 0
    for index, raw in log.entries(after + 1):
        entry = _opened(json.loads(raw), opener)
        if about and not _mentions(entry, about, opener):
            continue
        yield {"index": index, **entry}
        found += 1
        if found == limit:
            return


def _opened(entry: dict[str, Any], opener: StaffOpener) -> dict[str, Any]:
    sealed = entry["who"]["id"]["sealed"]
    entry["who"] = {**entry["who"], "id": opener.open_staff(sealed)}
    return entry


def _mentions(entry: dict[str, Any], about: str, opener: StaffOpener) -> bool:
    if entry["who"]["id"] == about:
        return True
    return any(_is_about(value, about, entry["nonce"], opener) for value in entry["data"].values())


def _is_about(value: Any, about: str, nonce: str, opener: StaffOpener) -> bool:
    if isinstance(value, list):
        return any(_is_about(item, about, nonce, opener) for item in value)
    if isinstance(value, dict):
        digest = value.get("digest")
        return isinstance(digest, str) and opener.is_subject(about, nonce, digest)
    return isinstance(value, str) and (value == about or about in value.replace("/", ".").split("."))
