"""The report of a comparison: what was compared, under which checkpoint, and what does not fit."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from spe.oversight.reconcile import Tally, Unmatched
from spe.oversight.reconcile_tree import Signed


@dataclass(frozen=True, slots=True)
class Report:
    """A comparison's outcome; `inputs` are the digests of what it read, `logged` says whether it is an entry itself."""

    at: str
    version: str
    origin: str
    size: int
    root: bytes
    checkpoint: Signed | None
    tallies: Sequence[Tally]
    inputs: Mapping[str, Any]
    logged: bool

    def total(self, name: str) -> int:
        """Return `matched`, `explained` or `unmatched` of all sources together."""
        values = (getattr(tally, name) for tally in self.tallies)
        return sum(value if isinstance(value, int) else value.total() for value in values)

    def data(self) -> dict[str, Any]:
        """Return the report as plain data."""
        signed = self.checkpoint
        return {
            "kind": "reconciliation",
            "at": self.at,
            "version": self.version,
            "logged": self.logged,
            "origin": self.origin,
            "entries": self.size,
            "root": self.root.hex(),
            "checkpoint": {"size": signed.size, "root": signed.root.hex(), "note": signed.note}
            if signed
            else None,
            "unsigned": self.size - (signed.size if signed else 0),
            "inputs": dict(self.inputs),
            **{name: self.total(name) for name in ("matched", "explained", "unmatched")},
            "sources": [_source(tally) for tally in self.tallies],
        }

    def encoded(self) -> bytes:
        """Return the bytes of the report's file."""
        return (json.dumps(self.data(), ensure_ascii=False, indent=2) + "\n").encode()

    def lines(self) -> Iterator[str]:
        """Yield the report for a person."""
        signed = self.checkpoint.size if self.checkpoint else 0
        yield f"{self.origin}: {self.size} entries, {signed} of them under the newest checkpoint"
        for tally in self.tallies:
            yield (
                f"  {tally.source}: {tally.matched} matched, {tally.explained.total()} explained, "
                f"{tally.unmatched} unmatched"
            )
            yield from (f"    {count} × {reason}" for reason, count in sorted(tally.explained.items()))
            yield from (f"    UNMATCHED {_where(one)}: {one.what}" for one in tally.evidence)


def _source(tally: Tally) -> dict[str, Any]:
    return {
        "source": tally.source,
        "seen": tally.seen,
        "matched": tally.matched,
        "explained": dict(sorted(tally.explained.items())),
        "unmatched": tally.unmatched,
        "evidence": [
            {"what": one.what, "entry": one.entry, "row": one.row, "line": one.line} for one in tally.evidence
        ],
    }


def _where(one: Unmatched) -> str:
    parts = (f"entry {one.entry}" if one.entry is not None else "", one.row, one.line)
    return ", ".join(part for part in parts if part) or "installation"
