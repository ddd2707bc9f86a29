"""Pages of lists from 10,000 rows to millions, on SQLite and PostgreSQL: what 99 of 100 pages take, beside the smallest.

Run `python -m tests.benchmarks.bench_lists [rows ...]` (10000 1000000 10000000 where none are named); PostgreSQL needs its programs.
Requests are loaded in bulk, as rows that the server itself makes of them, one in five of each of five statuses. A page is 50
records as `DatabaseRecords.find` returns them, read and parsed, after an identifier drawn anew each time: all requests, and those
of one status. Pages of all sizes take turns, so that what else the machine does meets each of them alike; and what is measured is
how long reader and the database's own process are on a core for a page, so that waiting for others' work doesn't count. Aim:
p99 at most 1.2 times that of the smallest.
"""

from __future__ import annotations

import json
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles

from sqlalchemy import Engine

from spe.adapters.database.engine import migrate, open_database
from spe.adapters.database.records import DatabaseRecords
from spe.audit.events import StaffRef
from spe.request.model import AccessRequest, Application, RequestStatus
from spe.values import from_data, to_data
from tests.builders import application, patients
from tests.services.postgres import postgres_server

SIZES = (10_000, 1_000_000, 10_000_000)
PAGES = 600
_PAGE = 50
_STATUSES = tuple(RequestStatus)[:5]
_COLUMNS = ("id", "version", "body", "salt", "applicant", "status")
Row = tuple[str, int, str, str, str, str]


@dataclass(slots=True)
class Place:
    """A database with so many requests in it, and what pages of it took, by what was asked for."""

    engine: Engine
    size: int
    backend: int = 0
    took: dict[str, list[float]] = field(default_factory=dict)

    def page(self, what: str, draw: random.Random) -> None:
        """Read one page somewhere, and note what it took."""
        after = name(draw.randrange(self.size - 10 * _PAGE))
        where = {"status": RequestStatus.SUBMITTED} if what == "one status" else {}
        records = DatabaseRecords(self.engine)
        began = self.on_core()
        found = records.find(AccessRequest, after=after, limit=_PAGE, **where)
        self.took.setdefault(what, []).append(self.on_core() - began)
        assert len(found) == _PAGE

    def on_core(self) -> float:
        """Return how many seconds this thread, and the database's process where it is another, have been on a core."""
        there = int(Path(f"/proc/{self.backend}/schedstat").read_text().split()[0]) if self.backend else 0
        return time.thread_time() + there / 1e9

    def p99(self, what: str) -> float:
        """Return what 99 of 100 pages take at most, in milliseconds."""
        return quantiles(self.took[what], n=100)[98] * 1000

    def p50(self, what: str) -> float:
        """Return what half of them take at most, in milliseconds."""
        return quantiles(self.took[what], n=100)[49] * 1000


def name(at: int) -> str:
    """Return the identifier of the request `at`."""
    return f"req-{at:012d}"


def rows(size: int) -> Iterator[Row]:
    """Yield so many rows as the committer would have made them."""
    said = from_data(Application, application(patients(size=1)))
    example = AccessRequest(
        id="ID",
        applicant=StaffRef("anna"),
        organisation="uni",
        application=said,
        status=RequestStatus.SUBMITTED,
        submitted=1,
    )
    bodies = {
        status: json.dumps({**to_data(example), "status": status}, separators=(",", ":"))
        for status in _STATUSES
    }
    for at in range(size):
        status = _STATUSES[at % len(_STATUSES)]
        id_ = name(at)
        yield id_, 1, bodies[status].replace('"ID"', f'"{id_}"', 1), "", "anna", status


def fill_sqlite(file: Path, size: int) -> Engine:
    """Make a database of one file."""
    engine = open_database(f"sqlite:///{file}")
    migrate(engine)
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        marks = ",".join("?" * len(_COLUMNS))
        connection.executemany(
            f"INSERT INTO access_request ({','.join(_COLUMNS)}) VALUES ({marks})", rows(size)
        )
        connection.commit()
    return engine


def fill_postgres(url: str, size: int) -> Engine:
    """Make a database of a server."""
    engine = open_database(url)
    migrate(engine)
    import psycopg

    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        copy = f"COPY access_request ({','.join(_COLUMNS)}) FROM STDIN"
        with connection.cursor().copy(copy) as into:
            for row in rows(size):
                into.write_row(row)
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE access_request")
    return engine


def backend(engine: Engine) -> int:
    """Return the number of the server's process for the one connection that is used, 0 where there is no server."""
    if engine.dialect.name == "sqlite":
        return 0
    with engine.connect() as connection:
        return int(connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one())


def measured(title: str, sizes: tuple[int, ...], fill: Callable[[int], Engine]) -> None:
    """Fill, read pages, and tell."""
    began = time.perf_counter()
    places = [Place(engine := fill(size), size, backend(engine)) for size in sizes]
    print(f"{title}: filled in {time.perf_counter() - began:.0f} s")
    draw = random.Random(1)
    for what in ("all", "one status"):
        for at in range(PAGES + 50):
            for place in places if at % 2 else reversed(places):
                place.page(what, draw)
        for place in places:
            del place.took[what][:50]
            ratio = place.p99(what) / places[0].p99(what)
            print(
                f"  {what:10} of {place.size:10,}: p50 {place.p50(what):.2f} ms, p99 {place.p99(what):.2f} ms,"
                f" {ratio:.2f} of the smallest (aim 1.2)"
            )
    for place in places:
        assert place.backend == backend(place.engine), "another connection was used in between"
        place.engine.dispose()


def main(sizes: tuple[int, ...]) -> None:
    """Measure both databases, one after the other."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        measured("SQLite", sizes, lambda size: fill_sqlite(folder / f"{size}.db", size))
    with postgres_server(tempfile.gettempdir()) as server:
        measured("PostgreSQL", sizes, lambda size: fill_postgres(server.url(server.made()), size))


if __name__ == "__main__":
    main(tuple(int(one) for one in sys.argv[1:]) or SIZES)
