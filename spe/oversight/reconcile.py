"""Holding the log to what really happened: each source is compared with the entries, in one pass over them.

A source is independent of the log's writer: rows, journals, keys, a cluster's own audit log. What fits is matched; what
does not fit for a reason of a closed list is explained; everything else is unmatched, with the evidence.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from spe.errors import Malformed

MOST_EVIDENCE = 1000
_TEXTS = ("at", "type", "bundle")


@dataclass(frozen=True, slots=True)
class Told:
    """What one entry of the log says, as far as sources are compared with it."""

    index: int
    at: str
    type: str
    role: str
    bundle: str
    decisions: tuple[str, ...]
    data: Mapping[str, Any]
    writes: tuple[tuple[str, int, str, str], ...]

    def whole(self, name: str) -> int:
        """Return a whole number that the entry says, -1 where it says something else: it may be anybody's."""
        value = self.data.get(name)
        return value if type(value) is int else -1

    def texts(self, name: str) -> tuple[str, ...]:
        """Return texts that the entry says, none where it says something else."""
        value = self.data.get(name)
        return tuple(map(str, value)) if isinstance(value, list) else ()


@dataclass(frozen=True, slots=True)
class Unmatched:
    """One thing that does not fit, and where: the entry's index, the row's name or the journal's line."""

    what: str
    entry: int | None = None
    row: str = ""
    line: str = ""


@dataclass(slots=True)
class Tally:
    """The outcome of one source; `evidence` holds the first thousand of what is unmatched."""

    source: str
    seen: int = 0
    matched: int = 0
    unmatched: int = 0
    explained: Counter[str] = field(default_factory=Counter)
    evidence: list[Unmatched] = field(default_factory=list)

    def fits(self) -> None:
        """Count one thing that fits."""
        self.seen, self.matched = self.seen + 1, self.matched + 1

    def explains(self, reason: str) -> None:
        """Count one thing that fits nothing, for a known reason."""
        self.seen += 1
        self.explained[reason] += 1

    def misfits(self, what: str, entry: int | None = None, row: str = "", line: str = "") -> None:
        """Count one thing that does not fit, and keep where it is."""
        self.seen, self.unmatched = self.seen + 1, self.unmatched + 1
        if len(self.evidence) < MOST_EVIDENCE:
            self.evidence.append(Unmatched(what, entry, row, line))


class Source(Protocol):
    """Something that knows what happened without having it from the log."""

    def heard(self, told: Told, raw: bytes) -> None:
        """Take in one entry; they come in the log's order."""
        ...

    def settled(self) -> Tally:
        """Return the outcome, once every entry was heard."""
        ...


class Shelf(Protocol):
    """Keeps what is remembered of millions of entries outside memory: several values a key, each at a number."""

    def put(self, kind: str, key: str, at: int, value: str) -> None:
        """Keep a value, replacing the one at the same number."""
        ...

    def each(self, kind: str, key: str) -> Sequence[tuple[int, str]]:
        """Return the values of a key in the order of their numbers."""
        ...

    def drop(self, kind: str, key: str, at: int | None = None) -> None:
        """Forget one value, or all values of a key."""
        ...

    def rest(self, kind: str) -> Iterator[tuple[str, int, str]]:
        """Walk everything of a kind that is left, as key, number and value."""
        ...


def compare(entries: Iterable[tuple[int, bytes]], sources: Sequence[Source]) -> tuple[Tally, ...]:
    """Return the outcome of every source, after a tally of the entries themselves, of which each must be readable."""
    log = Tally("entries")
    expected = 0
    for index, raw in entries:
        if index != expected:
            log.misfits(f"the entries from {expected} up to here are missing", index)
        expected = index + 1
        try:
            told = read(index, raw)
        except Malformed as bad:
            log.misfits(str(bad), index)
            told = Told(index, "", "", "", "", (), {}, ())
        else:
            log.fits()
        for source in sources:
            source.heard(told, raw)
    return (log, *(source.settled() for source in sources))


def read(index: int, raw: bytes) -> Told:
    """Return what an entry says; `Malformed` where it isn't one of ours."""
    try:
        entry = parsed(raw)
        texts = [entry[name] for name in _TEXTS]
        decisions, writes = tuple(entry["decisions"]), tuple(tuple(one) for one in entry["writes"])
        data, role = entry["data"], entry["who"]["role"]
    except (ValueError, LookupError, TypeError, RecursionError):
        raise Malformed("the entry can't be read") from None
    shaped = all(isinstance(one, str) for one in (*texts, role, *decisions)) and isinstance(data, dict)
    if not shaped or not all(_is_write(one) for one in writes):
        raise Malformed("the entry can't be read")
    at, type_, bundle = texts
    return Told(index, at, type_, role, bundle, decisions, data, writes)


def parsed(raw: bytes) -> Any:
    """Return JSON whose texts can all be stored and written again; `ValueError` otherwise."""
    value = json.loads(raw)
    # Half of a surrogate pair is written as an escape only, and no text of ours has any.
    if b"\\ud" in raw.lower():
        json.dumps(value, ensure_ascii=False).encode()
    return value


def _is_write(one: tuple[Any, ...]) -> bool:
    return len(one) == 4 and [type(part) for part in one] == [str, int, str, str]
