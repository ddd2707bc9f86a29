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
    tally = Tally()
    places = {entry: index for index, entry in enumerate(now.entries)}
    owned = [""] * len(before.entries) + [None] * (len(now.entries) - len(before.entries))
    versions: dict[tuple[str, str], dict[int, str]] = defaultdict(dict)
    facts, handled, answers = (
        set(before.facts),
        {id_ for id_, done in before.facts.items() if done},
        dict(before.answers),
    )
    for one in meant:
        entries, first = one.change["entries"], places.get(one.change["entries"][0])
        written = first is not None
        _count(tally, one, written)
        if one.refused and written:
            tally.wrong.append(f"refused with {one.refused}, and yet written at {first}")
        if one.index is not None and first != one.index - len(entries) + 1:
            tally.wrong.append(f"answered with {one.index}, found at {first}")
        if first is None:
            continue
        if now.entries[first : first + len(entries)] != entries:
            tally.wrong.append(f"half of a change at {first}")
        last = first + len(entries) - 1
        for index in range(first, last + 1):
            if index < len(owned) and owned[index] is not None:
                tally.wrong.append(f"entry {index} belongs to two changes")
            owned[index : index + 1] = ["x"]
        for table, id_, version, body in one.change["puts"]:
            if version in versions[table, id_]:
                tally.wrong.append(f"{table} {id_} got version {version} twice")
            versions[table, id_][version] = body
        facts |= {f"fact-{last:013x}{at:07x}" for at in range(one.change["facts"])}
        handled |= set(one.change["handled"])
        if one.change["call"]:
            answers[one.change["call"]] = last
    tally.wrong += [
        f"entry {index} belongs to no change" for index, owner in enumerate(owned) if owner is None
    ]
    tally.wrong += _records(before, now, versions)
    if set(now.facts) != facts:
        tally.wrong.append(f"facts without their change, or lost: {set(now.facts) ^ facts}")
    if {id_ for id_, done in now.facts.items() if done} != handled:
        tally.wrong.append("facts are handled otherwise than was committed")
    if now.answers != answers:
        tally.wrong.append("answers to calls differ from what was committed")
    return tally


def _count(tally: Tally, one: Meant, written: bool) -> None:
    if one.index is not None:
        tally.acknowledged += 1
    elif one.refused:
        tally.refused += 1
    elif written:
        tally.cut_off_written += 1
    else:
        tally.cut_off_absent += 1


def _records(before: Found, now: Found, versions: dict[tuple[str, str], dict[int, str]]) -> Iterator[str]:
    for key in {*now.records, *versions}:
        start = before.records.get(key, (0, ""))[0]
        version, body = now.records.get(key, (0, ""))
        if sorted(versions[key]) != list(range(start + 1, version + 1)):
            yield f"{key} is at version {version}; written were {sorted(versions[key])} after {start}"
        elif version > start and versions[key][version] != body:
            yield f"{key} is not what its last change put"


def head_fits(log: DatabaseLog) -> bool:
    """Say whether the head's hashes are those of the entries."""
    computed = CompactRange()
    for _, raw in log.entries():
        computed = computed.append_entry(raw)
    return log.head() == computed
