"""Which PostgreSQL is taken, and which refused before anything is entrusted to it."""

from __future__ import annotations

import pytest

from spe.adapters.database.engine import migrate, open_database, reading
from spe.adapters.database.snapshot import snapshot
from spe.errors import Malformed, SpeError, Unreachable
from tests.services.postgres import Server, postgres_server

pytestmark = pytest.mark.services


def refusal(url: str) -> str:
    engine = open_database(url)
    try:
        migrate(engine)
    except SpeError as error:
        return str(error)
    finally:
        engine.dispose()
    return ""


def test_a_database_ordered_by_a_language_is_refused_and_the_remedy_named(postgres: Server) -> None:
    found = refusal(postgres.url(postgres.made("LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'")))
    assert "createdb" in found
    assert "collation C" in found


def test_a_database_in_another_encoding_is_refused(postgres: Server) -> None:
    postgres.run(
        "CREATE DATABASE latin OWNER spe_owner TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C'"
    )
    assert "UTF8" in refusal(postgres.url("latin"))


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes"])
def test_a_server_that_would_lose_commits_is_refused(setting: str) -> None:
    with postgres_server() as server:
        database = server.made()
        server.run(f"ALTER SYSTEM SET {setting} = off")
        server.end()
        server.start_again()
        assert "doesn't sync" in refusal(server.url(database))


def test_what_server_database_and_role_would_have_it_do_changes_no_session(postgres: Server) -> None:
    database = postgres.made()
    wanted = {
        "synchronous_commit": "off",
        "default_transaction_read_only": "on",
        "default_transaction_isolation": "repeatable read",
        "lock_timeout": "0",
    }
    for name, value in wanted.items():
        postgres.run(f"ALTER DATABASE {database} SET {name} = '{value}'")
        postgres.run(f"ALTER ROLE spe_owner IN DATABASE {database} SET {name} = '{value}'")
    engine = open_database(postgres.url(database))
    migrate(engine)
    with reading(engine, "") as connection:
        found = {name: connection.exec_driver_sql(f"SHOW {name}").scalar() for name in wanted}
    engine.dispose()
    assert found == {
        "synchronous_commit": "on",
        "default_transaction_read_only": "off",
        "default_transaction_isolation": "read committed",
        "lock_timeout": "10s",
    }


def test_a_commit_that_waits_for_standbys_to_apply_goes_on_waiting(postgres: Server) -> None:
    database = postgres.made()
    postgres.run(f"ALTER DATABASE {database} SET synchronous_commit = 'remote_apply'")
    engine = open_database(postgres.url(database))
    with reading(engine, "") as connection:
        assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "remote_apply"
    engine.dispose()


def test_a_wrong_password_is_unreachable_and_shown_to_nobody(postgres: Server) -> None:
    url = postgres.url(postgres.made()).replace(postgres.password, "correct-horse")
    engine = open_database(url)
    with pytest.raises(Unreachable) as caught:
        migrate(engine)
    assert "correct-horse" not in f"{caught.value!r} {caught.value.__cause__!r} {engine!r}"
    engine.dispose()


def test_a_snapshot_is_of_one_instant_and_writes_nothing(postgres: Server) -> None:
    url = postgres.url(postgres.made())
    engine = open_database(url)
    migrate(engine)
    with snapshot(url) as stored:
        assert stored.marks() == {}
        with engine.begin() as connection:
            connection.exec_driver_sql("INSERT INTO mark (name, value) VALUES ('x', 'y')")
        assert stored.marks() == {}
        with pytest.raises(Exception, match="read-only transaction"):
            stored._connection.exec_driver_sql("INSERT INTO mark (name, value) VALUES ('z', 'y')")
    engine.dispose()


def test_a_snapshot_of_no_database_is_unreachable(postgres: Server) -> None:
    with pytest.raises(Unreachable), snapshot(postgres.url("nothing_of_that_name")):
        pass
    with pytest.raises(Malformed), snapshot("mysql://somewhere/spe"):
        pass
