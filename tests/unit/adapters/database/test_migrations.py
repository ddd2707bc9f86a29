from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect

from spe.adapters.database.engine import downgrade, migrate, open_database
from spe.adapters.database.log import DatabaseLog
from spe.adapters.database.tables import METADATA
from spe.errors import Unreachable
from tests.statements import heard
from tests.unit.adapters.database.place import change, installed, ledger


def test_the_newest_revision_makes_exactly_the_tables_that_are_used(tmp_path: Path) -> None:
    with installed(tmp_path) as here, here.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def test_migrating_again_changes_nothing(tmp_path: Path) -> None:
    with installed(tmp_path) as here:
        here.committer.commit(change(ledger("a")))
        migrate(here.engine)
        assert here.ledger("a") == (1, 1)
        assert here.log.head().size == 1


def test_down_and_up_again_leaves_nothing_behind(tmp_path: Path) -> None:
    with installed(tmp_path) as here:
        here.committer.commit(change(ledger("a")))
        downgrade(here.engine, "base")
        assert inspect(here.engine).get_table_names() == ["alembic_version"]
        migrate(here.engine)
        here.log.create()
        assert here.ledger("a") is None
        assert here.committer.commit(change(ledger("a"))) == 0


@pytest.mark.parametrize("step", [1, 7, 30, 60])
def test_a_migration_that_breaks_off_leaves_nothing_and_can_be_done_again(tmp_path: Path, step: int) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/spe.db")
    made: list[str] = []

    def stop(statement: str) -> None:
        if statement.lstrip().startswith(("CREATE", "INSERT")):
            made.append(statement)
            if len(made) == step:
                raise sqlite3.OperationalError("disk I/O error")

    with heard(engine, stop), pytest.raises((Unreachable, sqlite3.OperationalError)):
        migrate(engine)
    assert inspect(engine).get_table_names() == []
    migrate(engine)
    DatabaseLog(engine).create()
    assert DatabaseLog(engine).head().size == 0
    engine.dispose()
