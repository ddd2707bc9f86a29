"""PostgreSQL lost between any two statements of any use case, and before and after its COMMIT.

Expected each time: the effect is there with its entry or not at all, and success is told of nothing that isn't there.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from fastapi.testclient import TestClient
from starlette.routing import Match

from spe.adapters.database.engine import open_database
from spe.adapters.database.log import DatabaseLog
from spe.adapters.database.postgresql import WRITE_LOCK
from spe.adapters.database.tables import TABLES
from spe.audit.writes import FACTS, HANDLED, TOLD
from spe.errors import NotKnownYet, Unreachable
from spe.web import main as server
from spe.web.app import api_routes
from spe.wiring.database import bring_up
from spe.wiring.reconcile import agreement, reconcile
from spe.worker import main as worker_process
from spe.worker.loop import Worker
from tests.cast import Cast
from tests.fakes import FixedClock
from tests.services.cutting import STATEMENTS, Loss, Way, breakable
from tests.services.postgres import Server
from tests.services.whole_day import do_everything
from tests.world import World, settings_for

pytestmark = [pytest.mark.services, pytest.mark.slow, pytest.mark.timeout(1800)]
Row = tuple[str, str, int]
# Nobody may purge anything yet, so there is no effect to lose.
NEVER = {("POST", "/v1/log/purge")}
_ROWS = " UNION ALL ".join(
    [f"SELECT '{table.name}', id, version FROM \"{table.name}\"" for table in TABLES.values()]
    + ["SELECT 'outbox', id, handled FROM outbox", "SELECT 'answered_call', key, 0 FROM answered_call"]
)


@dataclass(frozen=True, slots=True)
class State:
    """All rows that use cases write, by table, identifier and version; and how many entries there are."""

    rows: frozenset[Row]
    size: int


@dataclass(slots=True)
class Tally:
    """What was lost at one route so far, and what came of it."""

    losses: int = 0
    refused: int = 0
    unknown: int = 0
    done: int = 0


@dataclass(slots=True)
class LossyWorld(World):
    """A world in which the first call of each route loses the database at each statement in turn."""

    url: str = ""
    way: Way | None = None
    log: DatabaseLog | None = None
    tallies: dict[tuple[str, str], Tally] = field(default_factory=dict)
    succeeded: set[tuple[str, str]] = field(default_factory=set)

    def _sent(self, who: str, method: str, path: str, headers: dict[str, str], sent: dict[str, Any]) -> Any:
        route = (method, self._template(method, f"/v1{path.partition('?')[0]}"))
        if route in self.succeeded:
            return World._sent(self, who, method, path, headers, sent)
        tally = self.tallies.setdefault(route, Tally())
        for at in range(1, 200):
            for loss in Loss:
                answer, lost = self._lost(at, loss, (who, method, path, headers, sent), tally)
                if not lost or answer.status_code < 400:
                    self.succeeded |= {route} if answer.status_code < 400 else set()
                    return answer
        raise AssertionError(f"{route} never got to its end")

    def _lost(self, at: int, loss: Loss, call: tuple[Any, ...], tally: Tally) -> tuple[Any, bool]:
        """Make the call, lose the database at its `at`-th statement, and see what came of it."""
        assert self.way is not None
        before = self.state()
        self.way.breaks(at, loss, STATEMENTS)
        answer = World._sent(self, *call)
        lost = self.way.broke()
        self._judge(before, self.state(), answer, tally, lost=lost)
        return answer, lost

    def _judge(self, before: State, after: State, answer: Any, tally: Tally, *, lost: bool) -> None:
        told = Counter(self._told(before.size, after.size))
        assert Counter(written(before, after)) == told, "an effect without entry"
        # The answer commits with the effect; what else changes is the worker's, which goes on.
        happened = any(table == "answered_call" for table, _, _ in after.rows - before.rows)
        if answer.status_code < 400:
            assert after.size > before.size, "success was told and no entry is there"
            tally.done += lost
            return
        assert answer.status_code in {401, 403, 404, 409, 503}, answer.text
        unknown = answer.json()["title"] == NotKnownYet.title
        assert unknown or not happened, f"refused, and it happened: {answer.text}"
        tally.losses += lost
        tally.unknown += unknown
        tally.refused += lost and not unknown

    def _told(self, first: int, size: int) -> Iterator[tuple[str, int]]:
        """Yield what the entries from `first` up to `size` say was written."""
        assert self.log is not None
        for index, raw in self.log.entries(first):
            if index < size:
                yield from ((table, version) for table, version, _, _ in json.loads(raw)["writes"])

    def state(self) -> State:
        """Return what is there once no transaction is under way any more."""
        with psycopg.connect(self.url) as connection:
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (WRITE_LOCK,))
            rows = frozenset(connection.execute(_ROWS.encode()).fetchall())
            found = connection.execute("SELECT size FROM log_head").fetchone()
        assert found is not None
        return State(rows, int(found[0]))

    def _template(self, method: str, path: str) -> str:
        scope = {"type": "http", "path": path, "method": method, "headers": []}
        return next(one.path for one in api_routes(self.app) if one.matches(scope)[0] is Match.FULL)


def written(before: State, after: State) -> Iterator[tuple[str, int]]:
    """Yield what entries have to tell of: table and version of each record, and each fact."""
    for table, _, version in after.rows - before.rows:
        if table == "outbox":
            yield FACTS, TOLD if version == 0 else HANDLED
        elif table != "answered_call":
            yield table, version


@contextmanager
def lossy(home: Path, postgres: Server) -> Iterator[LossyWorld]:
    """Open an installation whose API reaches PostgreSQL by a way that breaks, and its worker by one that doesn't."""
    database, clock = postgres.made(), FixedClock()
    direct = replace(settings_for(home), database_url=postgres.url(database))
    bring_up(direct)
    with breakable(postgres.folder) as way:
        through = replace(direct, database_url=postgres.url(database, folder=way.folder))
        engine = open_database(direct.database)
        with (
            server.opened(through, clock) as app,
            worker_process.opened(direct, clock) as worker,
            TestClient(app, base_url="http://127.0.0.1:8400") as http,
        ):
            plain = direct.database.replace("+psycopg", "")
            world = LossyWorld(direct, clock, app, http, worker, url=plain, way=way)
            world.log = DatabaseLog(engine)
            yield world
        engine.dispose()


def all_agrees(world: World, but: frozenset[str] = frozenset()) -> None:
    """Compare the log with rows, journals, keys and all else that there is, `but` for what could not be written."""
    assert agreement(world.settings, world.clock).total("unmatched") == 0
    report = reconcile(world.settings, logged=False, clock=world.clock)
    assert {one.what for tally in report.tallies for one in tally.evidence} <= but


def test_the_database_is_lost_at_every_statement_of_every_use_case(postgres: Server, tmp_path: Path) -> None:
    with lossy(tmp_path / "home", postgres) as world:
        do_everything(Cast(world))
        routes = [one for one in api_routes(world.app) if one.path.startswith("/v1/")]
        posts = {("POST", one.path) for one in routes if one.methods == {"POST"}}
        assert posts - world.succeeded - NEVER == set()
        for route in sorted(world.succeeded):
            tally = world.tallies[route]
            assert tally.refused > 0, f"nothing was ever lost of {route}"
            assert tally.unknown + tally.done > 0, f"the answer to no COMMIT was ever lost of {route}"
    # Where the entry of a denial was lost, its caller heard that the log can't be reached; the journal has the decision.
    all_agrees(world, frozenset({"denied, and no entry says so"}))
    lost = [
        sum(getattr(one, name) for one in world.tallies.values()) for name in ("losses", "unknown", "done")
    ]
    print(
        f"I5 {lost[0] + lost[2]} losses in {len(world.succeeded)} use cases: 0 halves, 0 successes that weren't there;"
    )
    print(f"   {lost[1]} not known yet, {lost[2]} found to be done")


@dataclass(slots=True)
class LossyWorker(World):
    """A world whose worker loses the database at another statement each time it looks at everything."""

    way: Way | None = None
    opens: Callable[[], Worker] | None = None
    looks: int = 0
    losses: int = 0
    starts: int = 0

    def tick(self, times: int = 1) -> None:
        assert self.way is not None
        for _ in range(times):
            self.clock.go_on(1)
            self.looks += 1
            # Mostly it looks; so of its transactions, which begin and end by a plain query each, one is lost every second time.
            at, letters = (
                (1 + self.looks // 4 % 3, "Q") if self.looks % 2 else (1 + self.looks % 23, STATEMENTS)
            )
            self.way.breaks(at, Loss.ANSWER if self.looks // 2 % 2 else Loss.MESSAGE, letters)
            try:
                self.worker.tick()
            except Unreachable:
                self._starts_anew()
            self.losses += self.way.broke()
            self._looks_undisturbed()

    def _looks_undisturbed(self) -> None:
        self.worker.patience.failures.clear()
        try:
            self.worker.tick()
        except Unreachable:
            self._starts_anew()
            self.worker.tick()

    def _starts_anew(self) -> None:
        """Do what an orchestrator does with a worker that ended."""
        assert self.opens is not None
        self.starts += 1
        self.worker = self.opens()


def test_the_worker_loses_the_database_over_and_over_and_all_is_done_once(
    postgres: Server, tmp_path: Path
) -> None:
    database, clock = postgres.made(), FixedClock()
    direct = replace(settings_for(tmp_path / "home"), database_url=postgres.url(database))
    bring_up(direct)
    with breakable(postgres.folder) as way, ExitStack() as closing:
        through = replace(direct, database_url=postgres.url(database, folder=way.folder))
        working = ExitStack()
        closing.callback(working.close)

        def opens() -> Worker:
            working.close()
            return working.enter_context(worker_process.opened(through, clock))

        app = closing.enter_context(server.opened(direct, clock))
        http = closing.enter_context(TestClient(app, base_url="http://127.0.0.1:8400"))
        world = LossyWorker(direct, clock, app, http, opens(), way=way, opens=opens)
        do_everything(Cast(world))
        world.tick(3)
    all_agrees(world)
    assert world.losses > 20
    print(f"I5 the worker lost the database {world.losses} times and was started anew {world.starts} times")
