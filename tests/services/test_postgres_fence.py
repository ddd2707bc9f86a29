"""Of all workers on all machines one works: a second is refused, and one that was cut off commits nothing any more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from spe.adapters.database.committer import DatabaseCommitter
from spe.adapters.database.fence import WORKER_LOCK, WorkerFence
from spe.audit.cover import Fenced
from spe.errors import Unreachable
from tests.services.cutting import breakable
from tests.services.postgres import Server
from tests.unit.adapters.database.place import Installed, Plain, change, installed, ledger

pytestmark = pytest.mark.services
HOLDERS = (
    "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND granted AND database = ({})"
)


@pytest.fixture
def here(postgres: Server, tmp_path: Path) -> Iterator[Installed]:
    with installed(tmp_path, postgres.url(postgres.made())) as made:
        yield made


def cut_off(postgres: Server, here: Installed) -> None:
    """End the session that holds the worker's lock, as the server does when it hears nothing any more."""
    ours = f"SELECT oid FROM pg_database WHERE datname = '{here.engine.url.database}'"
    with postgres.connected() as connection:
        query = f"SELECT pg_terminate_backend(pid, 5000) FROM ({HOLDERS.format(ours)}) held"
        assert connection.execute(query.encode(), (WORKER_LOCK & 0xFFFFFFFF,)).fetchall() == [(True,)]


def test_a_second_worker_is_refused_until_the_first_lets_go(here: Installed) -> None:
    first = WorkerFence(here.engine)
    for _ in range(3):
        with pytest.raises(Unreachable, match="already"):
            WorkerFence(here.engine)
    first.check()
    first.release()
    second = WorkerFence(here.engine)
    second.check()
    second.release()


def test_a_worker_that_was_cut_off_notices_and_commits_nothing_once_another_has_begun(
    postgres: Server, here: Installed
) -> None:
    first = WorkerFence(here.engine)
    committer = DatabaseCommitter(here.engine, Plain())
    committer.fenced_by(first.token)
    committer.commit(change(ledger("a")))
    cut_off(postgres, here)
    with pytest.raises(Fenced):
        first.check()
    second = WorkerFence(here.engine)
    with pytest.raises(Fenced):
        committer.commit(change(ledger("a", 1)))
    assert here.ledger("a") == (1, 1)
    here.committer.commit(change(ledger("a", 1)))  # the API is no worker, and goes on
    for one in (first, second):
        one.release()
    committer.close()


def test_a_way_that_breaks_is_noticed_too(postgres: Server, here: Installed, tmp_path: Path) -> None:
    with breakable(postgres.folder) as way:
        through = postgres.url(here.engine.url.database or "", folder=way.folder)
        with installed(tmp_path, through) as there:
            fence = WorkerFence(there.engine)
            fence.check()
            way.cut()
            with pytest.raises(Fenced):
                fence.check()
            fence.release()


def test_a_lock_is_not_held_by_a_fence_that_could_not_begin(here: Installed) -> None:
    with here.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE mark RENAME TO away")
    with pytest.raises(Unreachable):
        WorkerFence(here.engine)
    with here.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE away RENAME TO mark")
    WorkerFence(here.engine).release()
