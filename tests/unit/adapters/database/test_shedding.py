"""What SQLite deletes is in none of its files any more; PostgreSQL's files are its server's to clean."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from spe.adapters.database.engine import writing
from spe.audit.change import Forget
from spe.consent.model import Ledger
from spe.errors import Unreachable
from tests.unit.adapters.database.place import Installed, change, installed, ledger


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Installed]:
    with installed(tmp_path) as made:
        yield made


def test_what_is_deleted_is_in_no_file_of_the_database(here: Installed, tmp_path: Path) -> None:
    """Rows move between pages while a table grows, and what moved leaves a copy that no deletion overwrites."""
    names = [sha256(str(at).encode()).hexdigest() for at in range(3000)]
    with writing(here.engine) as connection:
        connection.exec_driver_sql("CREATE TABLE grown (id text PRIMARY KEY, holder text, subject text)")
        connection.exec_driver_sql("CREATE INDEX by_subject ON grown (subject)")
        for at, name in enumerate(names):
            row = (name, "x" * (at % 100), f"mi-{name[:8]}" if at % 50 else "somebody")
            connection.exec_driver_sql("INSERT INTO grown VALUES (?, ?, ?)", row)
        connection.exec_driver_sql("DELETE FROM grown WHERE subject = 'somebody'")

    def left() -> int:
        return sum(file.read_bytes().count(b"somebody") for file in tmp_path.rglob("spe.db*"))

    assert left() > 0, "otherwise this shows nothing"
    here.log.shed()
    assert left() == 0


def test_while_somebody_reads_what_was_deleted_may_still_be_there(here: Installed) -> None:
    here.committer.commit(change(ledger("a")))
    with here.engine.connect() as reading:
        reading.exec_driver_sql("BEGIN")
        assert reading.exec_driver_sql("SELECT count(*) FROM ledger").scalar() == 1
        here.committer.commit(change(forgets=(Forget(Ledger, "a", 1),)))
        with pytest.raises(Unreachable):
            here.log.shed()
        reading.exec_driver_sql("ROLLBACK")
    here.log.shed()
