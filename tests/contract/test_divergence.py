"""Attack I6: tables of one time and a log of another, however they came together: what starts agrees with its log."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from spe.adapters.database.copying import load_copy
from spe.adapters.database.engine import PLACE, downgrade, migrate, open_database
from spe.adapters.database.log import DatabaseLog
from spe.cli.main import main
from spe.errors import IntegrityFailure
from spe.settings import Settings
from spe.wiring.agreement import Memory, refuse_set_back
from spe.wiring.copies import backup
from spe.wiring.reconcile import agreement
from tests.contract.test_copies import Make, empty, lines_of, moved, sealed, sign, starts
from tests.unit.oversight.honest import ACTS, Honest, honest

__all__ = ["empty"]
TIMES = 3
MIXES = 12
# What a start reads before it compares: whose log it is, and which tables these are.
_HEAD = {"log_head"}
Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def times(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Honest, list[Rows]]]:
    """Return an installation of which nothing was ever signed, and its rows at several times."""
    folder = tmp_path_factory.mktemp("times")
    with honest(folder) as here:
        found = []
        for at in range(TIMES):
            for act in ACTS:
                if act is not Honest.signs:
                    act(here)
            backup(here.settings, folder / f"at-{at}", here.clock)
            found.append(by_table(lines_of(folder / f"at-{at}")))
        yield here, found


def by_table(lines: list[dict[str, Any]]) -> Rows:
    found: Rows = {"": [lines[0]]}
    for line in lines[1:-1]:
        found.setdefault(line["table"], []).append(line)
    return found


def put_in_place(rows: Rows, file: Path, url: str) -> None:
    """Have a database hold these rows, as any tool would that knows nothing of logs."""
    engine = open_database(url)
    load_copy(engine, sealed([line for lines in rows.values() for line in lines], file), {})
    engine.dispose()


def mixes(rows: list[Rows], seed: int) -> Iterator[Rows]:
    """Yield rows of which some tables are of other times than the rest."""
    draw = random.Random(seed)
    tables = sorted({name for one in rows for name in one} - {""})
    while True:
        base = draw.choice(rows)
        mixed = dict(base)
        for table in draw.sample(tables, draw.randint(1, len(tables) - 1)):
            mixed[table] = draw.choice(rows).get(table, [])
        if mixed not in rows:
            yield mixed


def test_tables_of_different_times_never_start(
    times: tuple[Honest, list[Rows]], tmp_path: Path, empty: Make
) -> None:
    here, rows = times
    refused, agreeing = 0, 0
    for at, mixed in zip(range(MIXES), mixes(rows, 6), strict=False):
        settings = moved(here, empty())
        put_in_place(mixed, tmp_path / f"mixed-{at}", settings.database)
        try:
            starts(here, settings)
        except IntegrityFailure:
            refused += 1
        else:
            agreeing += agreement(settings).total("unmatched") == 0
    assert refused + agreeing == MIXES
    assert refused > MIXES // 2
    print(f"I6 {MIXES} mixed restores: {refused} refused, {agreeing} agree, 0 diverge in silence")


def test_a_whole_database_of_another_time_starts_only_while_nothing_was_signed_since(
    times: tuple[Honest, list[Rows]], tmp_path: Path, empty: Make
) -> None:
    """It agrees with itself, so only who remembers more can tell: the home what was signed, a witness what it saw."""
    here, rows = times
    memory = Memory(here.home.remembered)
    for at, one in enumerate(rows):
        settings = moved(here, empty())
        put_in_place(one, tmp_path / f"whole-{at}", settings.database)
        starts(here, settings)
        memory.note(Signed(10**6))
        with pytest.raises(IntegrityFailure, match="was signed up to"):
            starts(here, settings)
        here.home.remembered.unlink()


class Signed:
    """A log that was signed up to some size."""

    def __init__(self, size: int) -> None:
        self._size = size

    def latest_checkpoint(self) -> tuple[int, str]:
        return self._size, "note"


@pytest.fixture
def signed(tmp_path: Path, database_url: str) -> Iterator[Honest]:
    with honest(tmp_path, database_url) as opened:
        for act in ACTS:
            act(opened)
        sign(opened)
        yield opened


@pytest.mark.parametrize("revision", ["base", "0001", "0003", "0006"])
def test_tables_set_back_and_brought_up_again_agree_or_never_start(signed: Honest, revision: str) -> None:
    settings = signed.settings
    starts(signed, settings)
    engine = open_database(settings.database)
    downgrade(engine, revision)
    migrate(engine)
    DatabaseLog(engine).create()
    # The first tables have no salts: so what the log says of records can't be met any more.
    lost = revision in {"base", "0001"}
    with pytest.raises(IntegrityFailure) if lost else nullcontext():
        starts(signed, settings)
    assert (DatabaseLog(engine).mark(PLACE) is None) == lost
    assert lost or agreement(settings).total("unmatched") == 0
    engine.dispose()


@pytest.mark.parametrize("table", ["ledger", "directive", "outbox"])
def test_one_table_changed_where_the_database_lives_is_found_by_the_check(
    signed: Honest, table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No start compares a database that lives where it did: that would take a minute a million entries each time."""
    settings: Settings = signed.settings
    starts(signed, settings)
    engine = open_database(settings.database)
    with engine.begin() as connection:
        connection.execute(text(f"DELETE FROM {table}"))
    engine.dispose()
    for name in ("HOME", "ORIGIN", "DATABASE_URL"):
        value = {"HOME": settings.home, "ORIGIN": settings.origin, "DATABASE_URL": settings.database}[name]
        monkeypatch.setenv(f"SPE_{name}", str(value))
    starts(signed, settings)
    assert main(["db", "check"]) == 12


def test_a_log_that_was_set_back_where_it_lives_is_refused(signed: Honest) -> None:
    engine = open_database(signed.settings.database)
    log = DatabaseLog(engine)
    refuse_set_back(signed.home, log)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM log_checkpoint"))
    with pytest.raises(IntegrityFailure):
        refuse_set_back(signed.home, log)
    engine.dispose()
