"""Reading the log page by page: each page is bounded work, and says where the next one begins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from spe.audit.merkle import CompactRange
from spe.audit.search import Search, Sieve, StaffOpener

__all__ = ["LogReader", "Page", "StaffOpener", "read_page"]
MOST = 100_000


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


@dataclass(frozen=True, slots=True)
class Page:
    """Entries in order; `next` is the index after which the next page begins, None at the end of a log of `size`."""

    items: tuple[Mapping[str, Any], ...]
    next: int | None
    size: int


def read_page(
    log: LogReader,
    opener: StaffOpener,
    search: Search,
    *,
    after: int = -1,
    size: int | None = None,
    limit: int = 200,
    most: int = MOST,
) -> Page:
    """Return at most `limit` entries after index `after` that fit, having looked at no more than `most`.

    `size` keeps all pages of one reading to the log as it was at its first page, whatever was appended since.
    """
    there = log.head().size
    size = there if size is None else min(size, there)
    end = min(after + 1 + most, size)
    sieve, found = Sieve(search, opener), list[Mapping[str, Any]]()
    for index, raw in log.entries(after + 1, end):
        entry = sieve.take(raw)
        if entry is not None:
            found.append({"index": index, **entry})
            if len(found) == limit:
                end = index + 1
                break
    return Page(tuple(found), end - 1 if end < size else None, size)
