"""The tables of every revision, on both databases: up and down, with rows in them, all of the way or not at all."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, LargeBinary, MetaData, Table, insert, inspect, select
from sqlalchemy.types import Integer

from spe.adapters.database.engine import downgrade, migrate, open_database, reading, writing
from spe.adapters.database.log import DatabaseLog
from spe.adapters.database.tables import METADATA, TABLES
from spe.errors import Unreachable
from tests.statements import heard
from tests.unit.adapters.database.place import change, installed, ledger

FOLDER = Path(__file__).parents[2] / "spe" / "adapters" / "database" / "migrations" / "versions"
REVISIONS = [path.name[1:5] for path in sorted(FOLDER.glob("r*.py"))]
Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = open_database(database_url)
    yield made
    made.dispose()


def test_the_newest_revision_makes_exactly_the_tables_that_are_used(engine: Engine) -> None:
    migrate(engine)
    with reading(engine, "") as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_migrating_again_changes_nothing(tmp_path: Path, database_url: str) -> None:
    with installed(tmp_path, database_url) as here:
        here.committer.commit(change(ledger("a")))
        migrate(here.engine)
        assert here.ledger("a") == (1, 1)
        assert here.log.head().size == 1


def test_down_and_up_again_leaves_nothing_behind(tmp_path: Path, database_url: str) -> None:
    with installed(tmp_path, database_url) as here:
        here.committer.commit(change(ledger("a")))
        downgrade(here.engine, "base")
        assert inspect(here.engine).get_table_names() == ["alembic_version"]
        migrate(here.engine)
        here.log.create()
        assert here.ledger("a") is None
        assert here.committer.commit(change(ledger("a"))) == 0


def test_every_step_up_and_down_keeps_the_rows_that_are_there(engine: Engine) -> None:
    migrate(engine, REVISIONS[0])
    fill(engine)
    first = stored(engine)
    assert all(len(rows) == 2 for rows in first.values())
    for revision in REVISIONS[1:]:
        migrate(engine, revision)
        assert kept(first, stored(engine))
    fill(engine, only_empty=True)
    last = stored(engine)
    assert all(last.values())
    for revision in reversed(REVISIONS[:-1]):
        downgrade(engine, revision)
        assert kept(stored(engine), last)
    assert stored(engine) == first
    migrate(engine)
    assert kept(first, stored(engine))


def test_receipts_from_before_are_found_by_what_they_are_about(engine: Engine) -> None:
    migrate(engine, "0007")
    fill(engine)
    migrate(engine)
    assert [row["about"] for row in stored(engine)["receipt"]] == ["text 1", "text 2"]


def test_a_page_of_what_is_searched_for_is_read_off_an_index_in_order(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/spe.db")
    migrate(engine)
    with reading(engine, "") as connection:
        for kind, table in TABLES.items():
            for name in kind.indexed:
                page = f'SELECT body FROM "{table.name}" WHERE {name} = ? AND id > ? ORDER BY id LIMIT 50'
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {page}", ("a", "b")).all()
                read_off = f"SEARCH {table.name} USING INDEX ix_{table.name}_{name} ({name}=? AND id>?)"
                assert [row[-1] for row in plan] == [read_off]
    engine.dispose()


@pytest.mark.parametrize("step", [1, 7, 30, 60])
def test_a_migration_that_breaks_off_leaves_nothing_and_can_be_done_again(engine: Engine, step: int) -> None:
    made: list[str] = []
    lost = {"sqlite": sqlite3.OperationalError, "postgresql": psycopg.OperationalError}[engine.dialect.name]

    def stop(statement: str) -> None:
        if statement.lstrip().startswith(("CREATE", "INSERT")):
            made.append(statement)
            if len(made) == step:
                raise lost("disk I/O error")

    with heard(engine, stop), pytest.raises((Unreachable, lost)):
        migrate(engine)
    assert inspect(engine).get_table_names() == []
    migrate(engine)
    DatabaseLog(engine).create()
    assert DatabaseLog(engine).head().size == 0


def fill(engine: Engine, *, only_empty: bool = False) -> None:
    """Put two rows into every table, whatever columns it has at this revision."""
    with writing(engine) as connection:
        for table in tables(engine):
            if not only_empty or connection.execute(select(table)).first() is None:
                connection.execute(insert(table), [row_of(table, number) for number in (1, 2)])


def row_of(table: Table, number: int) -> dict[str, Any]:
    row = {column.name: value_of(column.type, number) for column in table.columns}
    # Of a fact that every holder has heard nothing is kept, on purpose; what a receipt is about is read from its body.
    kept = {"handled": 0, "body": json.dumps({"about": f"text {number}"})}
    return {name: kept.get(name, value) for name, value in row.items()}


def value_of(kind: Any, number: int) -> Any:
    if isinstance(kind, Integer):
        return number
    return bytes([number]) if isinstance(kind, LargeBinary) else f"text {number}"


def stored(engine: Engine) -> Rows:
    with reading(engine, "") as connection:
        return {
            table.name: [dict(row) for row in connection.execute(select(table)).mappings()]
            for table in tables(engine)
        }


def tables(engine: Engine) -> list[Table]:
    found = MetaData()
    found.reflect(engine)
    return [table for table in found.sorted_tables if table.name != "alembic_version"]


def kept(few: Rows, many: Rows) -> bool:
    """Say whether `many` has all rows of `few`; both may have columns that the other lacks."""
    for table, rows in few.items():
        shared = [{name: row[name] for name in row if name in many[table][0]} for row in rows]
        if shared != [{name: row[name] for name in shared[0]} for row in many[table]]:
            return False
    return True
