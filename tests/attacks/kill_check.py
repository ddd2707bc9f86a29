"""Holds what processes meant and were answered against the database that their deaths left."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, select

from spe.adapters.database.log import DatabaseLog
from spe.adapters.database.tables import ANSWER, LOG, OUTBOX, TABLES
from spe.audit.merkle import CompactRange
from tests.attacks.kill_child import digest, fingerprint


@dataclass
class Meant:
    """One commit as its process wrote it down; neither answered nor refused where it was killed meanwhile."""

    change: dict[str, Any]
    index: int | None = None
    refused: str = ""


@dataclass
class Found:
    """What is stored: entries' fingerprints, records' versions and digests, facts with their state, answers."""

    entries: list[str]
    records: dict[tuple[str, str], tuple[int, str]]
    facts: dict[str, bool]
    answers: dict[str, int]


@dataclass
class Tally:
    """How the commits of a test ended."""

    acknowledged: int = 0
    refused: int = 0
    cut_off_written: int = 0
    cut_off_absent: int = 0
    wrong: list[str] = field(default_factory=list)


def read_journals(folder: Path) -> Iterator[Meant]:
    """Yield every commit of every process; a line that was cut off by the kill is the file's last."""
    for path in sorted(folder.glob("*.jsonl")):
        seen: dict[int, Meant] = {}
        for raw in path.read_bytes().split(b"\n")[:-1]:
            line = json.loads(raw)
            if "meant" in line:
                seen[line["number"]] = Meant(line["meant"])
            elif "index" in line:
                seen[line["number"]].index = line["index"]
            else:
                seen[line["number"]].refused = line["refused"]
        yield from seen.values()


def read_database(engine: Engine) -> Found:
    """Return what is stored now."""
    with engine.connect() as connection:
        entries = [fingerprint(raw) for raw in connection.scalars(select(LOG.c.entry).order_by(LOG.c.index))]
        records = {key: stored for table in TABLES.values() for key, stored in _rows(connection, table)}
        facts = {
            row.id: bool(row.handled) for row in connection.execute(select(OUTBOX.c.id, OUTBOX.c.handled))
        }
        rows = connection.execute(select(ANSWER.c.key, ANSWER.c.answer))
        answers = {row.key: int(json.loads(row.answer)["index"]) for row in rows}
    return Found(entries, records, facts, answers)


def _rows(connection: Connection, table: Any) -> Iterator[tuple[tuple[str, str], tuple[int, str]]]:
    for row in connection.execute(select(table.c.id, table.c.version, table.c.body)):
        yield (table.name, row.id), (row.version, digest(row.body))


def compare(before: Found, now: Found, meant: list[Meant]) -> Tally:
    """Say everything in which the stored state is not the sum of whole commits, each answered one among them."""
    tally, state = Tally(), Sum(before, now)
    places = {entry: index for index, entry in enumerate(now.entries)}
    for one in meant:
        first = places.get(one.change["entries"][0])
        _count(tally, one, first is not None)
        tally.wrong += _answered_truly(one, first)
        if first is not None:
            tally.wrong += state.add(one.change, first)
    tally.wrong += state.differences()
    return tally


def _answered_truly(one: Meant, first: int | None) -> Iterator[str]:
    if one.refused and first is not None:
        yield f"refused with {one.refused}, and yet written at {first}"
    if one.index is not None and (first is None or first + len(one.change["entries"]) - 1 != one.index):
        yield f"answered with {one.index}, found at {first}"


class Sum:
    """What the changes whose first entry is in the log add up to."""

    def __init__(self, before: Found, now: Found) -> None:
        self._before, self._now = before, now
        self._owned = set(range(len(before.entries)))
        self._versions: dict[tuple[str, str], dict[int, str]] = defaultdict(dict)
        self._facts = set(before.facts)
        self._handled = {id_ for id_, done in before.facts.items() if done}
        self._answers = dict(before.answers)

    def add(self, change: dict[str, Any], first: int) -> Iterator[str]:
        """Add a change whose first entry is at index `first`, and say what of it is not as it must be."""
        entries = change["entries"]
        indexes = range(first, first + len(entries))
        if self._now.entries[first : indexes.stop] != entries:
            yield f"half of a change at {first}"
        if not self._owned.isdisjoint(indexes):
            yield f"the entry at {first} belongs to two changes"
        self._owned.update(indexes)
        for table, id_, version, body in change["puts"]:
            if version in self._versions[table, id_]:
                yield f"{table} {id_} got version {version} twice"
            self._versions[table, id_][version] = body
        self._facts |= {f"fact-{indexes[-1]:013x}{at:07x}" for at in range(change["facts"])}
        self._handled |= set(change["handled"])
        if change["call"]:
            self._answers[change["call"]] = indexes[-1]

    def differences(self) -> Iterator[str]:
        """Say in what the stored state differs from the sum."""
        now = self._now
        if strangers := set(range(len(now.entries))) ^ self._owned:
            yield f"entries that belong to no change, or are not there: {sorted(strangers)[:9]}"
        yield from self._records()
        if set(now.facts) != self._facts:
            yield f"facts without their change, or lost: {sorted(set(now.facts) ^ self._facts)[:9]}"
        if {id_ for id_, done in now.facts.items() if done} != self._handled:
            yield "facts are handled otherwise than was committed"
        if now.answers != self._answers:
            yield "answers to calls differ from what was committed"

    def _records(self) -> Iterator[str]:
        for key in {*self._now.records, *self._versions}:
            start = self._before.records.get(key, (0, ""))[0]
            version, body = self._now.records.get(key, (0, ""))
            written = sorted(self._versions[key])
            if written != list(range(start + 1, version + 1)):
                yield f"{key} is at version {version}; written were {written} after {start}"
            elif version > start and self._versions[key][version] != body:
                yield f"{key} is not what its last change put"


def _count(tally: Tally, one: Meant, written: bool) -> None:
    if one.index is not None:
        tally.acknowledged += 1
    elif one.refused:
        tally.refused += 1
    elif written:
        tally.cut_off_written += 1
    else:
        tally.cut_off_absent += 1


def head_fits(log: DatabaseLog) -> bool:
    """Say whether the head's hashes are those of the entries."""
    computed = CompactRange()
    for _, raw in log.entries():
        computed = computed.append_entry(raw)
    return log.head() == computed
