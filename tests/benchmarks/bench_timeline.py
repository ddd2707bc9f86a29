"""Reading a large log: the timeline of one thing against opening and parsing every entry, hints, a subject's report.

`python -m tests.benchmarks.bench_timeline [ENTRIES]`; both arms must find the same entries.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from sqlalchemy import insert, update

from spe.adapters.database.engine import Engine, migrate, open_database, writing
from spe.adapters.database.log import DatabaseLog
from spe.adapters.database.tables import HEAD, LOG
from spe.adapters.identities import KeyedIdentities
from spe.adapters.policy_files import FOLDER
from spe.adapters.subject_keys import SubjectKeyStore
from spe.audit.change import Entry, Who
from spe.audit.encode import encode
from spe.audit.events import Event, StaffRef, SubjectRef
from spe.audit.events.consent import DirectivesRecorded
from spe.audit.events.record import RecordSeen
from spe.audit.events.run import RunQueued
from spe.audit.merkle import CompactRange
from spe.audit.reading import read_page
from spe.audit.search import Search
from spe.identity.model import Role
from spe.ids import new_id
from spe.oversight.hints import HintDesk
from spe.policy.enforce import Enforcer
from spe.subject.evidence import Evidence
from tests.fakes import FakePoint, FixedClock, MemoryStore, someone

START = datetime(2026, 3, 1, tzinfo=UTC)
PEOPLE = ("anna.ricci", "jonas.weber", "claire.dubois", "tomas.novak", "worker")
PERMITS = tuple(new_id("pm", START + timedelta(days=at)) for at in range(500))
SUBJECTS = tuple(f"mi-{at:04}" for at in range(50))
BATCH = 5_000


def event(at: int) -> Event:
    permit = PERMITS[at % len(PERMITS)]
    if at % 10 == 0:
        subjects = (SubjectRef(SUBJECTS[at % len(SUBJECTS)]),)
        return DirectivesRecorded("hospital-milano", at, ("withdrawal",), subjects)
    if at % 3 == 0:
        return RunQueued(f"rn-{at:020}", permit, "hospital-milano", f"co-{at:020}", "real")
    return RecordSeen("data_permit", permit, "case")


def entries(count: int, identities: KeyedIdentities) -> Iterator[bytes]:
    for at in range(count):
        who = Who(StaffRef(PEOPLE[at % len(PEOPLE)]), f"uni-{at % 7}", "data_user")
        yield encode(Entry(who, event(at), START + timedelta(seconds=at), "b" * 64), identities)


def fill(engine: Engine, count: int, identities: KeyedIdentities) -> None:
    rows, tree = entries(count, identities), CompactRange()
    while batch := list(islice(rows, BATCH)):
        numbered = [{"index": tree.size + at, "entry": row} for at, row in enumerate(batch)]
        for row in batch:
            tree = tree.append_entry(row)
        with writing(engine) as connection:
            connection.execute(insert(LOG), numbered)
            connection.execute(update(HEAD), {"size": tree.size, "range": tree.serialise()})


def parsed(log: DatabaseLog, identities: KeyedIdentities, fits: Callable[[dict[str, object]], bool]) -> int:
    """Count what fits as it was done before: open and parse every entry."""
    found = 0
    for _, raw in log.entries():
        entry = json.loads(raw)
        entry["who"]["id"] = identities.open_staff(entry["who"]["id"]["sealed"])
        found += fits(entry)
    return found


def sieved(log: DatabaseLog, identities: KeyedIdentities, search: Search) -> tuple[int, int, float]:
    """Count what fits page by page; return that, the pages, and the longest page in seconds."""
    found, pages, longest, after = 0, 0, 0.0, -1
    while True:
        began = time.perf_counter()
        page = read_page(log, identities, search, after=after)
        longest = max(longest, time.perf_counter() - began)
        found, pages = found + len(page.items), pages + 1
        if page.next is None:
            return found, pages, longest
        after = page.next


def about(thing: str) -> Callable[[dict[str, object]], bool]:
    return lambda entry: thing in json.dumps(entry["data"]) or entry["who"]["id"] == thing  # type: ignore[index]


def hinted(log: DatabaseLog, identities: KeyedIdentities, count: int) -> str:
    """Look for hints in the newest entries, and say how long it took."""
    profile = json.loads((FOLDER / "spe" / "tables" / "hints" / "data.json").read_text())["profile"]
    store, clock = MemoryStore(), FixedClock(START + timedelta(seconds=count))
    pep = Enforcer(store, FakePoint(profile={"audit.hints": profile}), store, clock)
    began = time.perf_counter()
    found = HintDesk(pep, log, identities).find(someone("ruth.keller", Role.AUDITOR))
    took = time.perf_counter() - began
    return f"hints: {len(found.items)} in the newest {found.size - found.first} entries in {took:.1f} s"


def answered(log: DatabaseLog, identities: KeyedIdentities) -> str:
    """Read the log as a subject's report does, and say how long it took."""
    began = time.perf_counter()
    evidence = Evidence(log, identities, log.head().size)
    builds, seen = evidence.builds("hospital-milano"), evidence.about(SUBJECTS[20], PERMITS[:3])
    took = time.perf_counter() - began
    return f"a subject's report: {len(builds)} cohorts, {len(seen)} entries read in {took:.1f} s"


def shed(log: DatabaseLog, file: Path) -> str:
    """Write the file anew, as an erasure does, and say how long it took."""
    began = time.perf_counter()
    log.shed()
    took = time.perf_counter() - began
    return f"a file of {file.stat().st_size / 1e6:.0f} MB written anew in {took:.1f} s"


def main(count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        engine = open_database(f"sqlite:///{folder}/spe.db")
        migrate(engine)
        DatabaseLog(engine).create()
        keys = SubjectKeyStore(Path(folder) / "keys.db", b"s" * 32)
        identities = KeyedIdentities(b"k" * 32, keys)
        fill(engine, count, identities)
        log = DatabaseLog(engine)
        began = time.perf_counter()
        wanted = parsed(log, identities, about(PERMITS[7]))
        every = time.perf_counter() - began
        print(f"{count} entries; every entry opened and parsed: {every:.1f} s")
        searches = {
            "a permit": Search(about=PERMITS[7]),
            "a permit, one type": Search(about=PERMITS[7], type="run.queued"),
            "an hour": Search(since="2026-03-01T00:00:00Z", before="2026-03-01T01:00:00Z"),
            "a person": Search(about="tomas.novak", type="directive"),
            "nobody": Search(about="nobody.known"),
            "a subject": Search(about=SUBJECTS[20]),
        }
        for name, search in searches.items():
            began = time.perf_counter()
            found, pages, longest = sieved(log, identities, search)
            took = time.perf_counter() - began
            assert name != "a permit" or found == wanted, (found, wanted)
            print(
                f"{name}: {found} found in {took:.1f} s, {pages} pages, longest {longest:.2f} s, {every / took:.1f} x"
            )
        print(hinted(log, identities, count))
        print(answered(log, identities))
        print(shed(log, Path(folder) / "spe.db"))
        keys.close()
        engine.dispose()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
