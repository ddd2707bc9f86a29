"""What the roles of API and worker can't do, each tried; and that they can do all that they need."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from spe.adapters.database.committer import DatabaseCommitter
from spe.adapters.database.engine import downgrade, open_database
from spe.adapters.database.fence import WorkerFence
from spe.adapters.database.log import DatabaseLog
from spe.adapters.database.portal_sessions import DatabasePortalSessions
from spe.adapters.database.rights import Part, grant, granted
from spe.adapters.database.tables import METADATA
from spe.audit.change import Call, Fact, Forget, Put
from spe.audit.tiles import Tile
from spe.consent.model import Directive, DirectiveKind
from spe.errors import Malformed, Unreachable
from spe.identity.portal import KeptSession
from spe.settings import Settings
from spe.wiring.database import bring_up, opened
from tests.fakes import someone
from tests.services.postgres import OWNER, Server
from tests.unit.adapters.database.place import Plain, change, ledger

pytestmark = pytest.mark.services
API, WORKER = 'spe "api" %s', "spe_worker"
DIRECTIVE = Directive(
    id="d",
    holder="h1",
    subject="somebody",
    kind=DirectiveKind.OPT_OUT,
    purpose="*",
    effective=0,
    recorded=0,
    epoch=1,
)


@dataclass(frozen=True, slots=True)
class Place:
    """A database with an entry, a directive and a record in it, and its two roles."""

    server: Server
    database: str

    def url(self, role: str) -> str:
        return self.server.url(self.database, role)

    def attempt(self, role: str, statement: str) -> int:
        """Run a statement as `role`, undone at the end; return how many rows it was about."""
        where = psycopg.conninfo.make_conninfo(
            host=str(self.server.folder), dbname=self.database, user=role, password=self.server.password
        )
        with psycopg.connect(where) as connection:
            count = connection.execute(statement.encode()).rowcount
            connection.rollback()
        return count


@pytest.fixture(scope="module")
def place(postgres: Server) -> Place:
    for role in (API, WORKER):
        postgres.role(role)
    made = Place(postgres, postgres.made())
    bring_up(Settings(database_url=made.url(OWNER)), API, WORKER)
    engine = open_database(made.url(OWNER))
    committer = DatabaseCommitter(engine, Plain())
    committer.commit(change(Put(DIRECTIVE, 0), ledger("there")))
    committer.close()
    engine.dispose()
    return made


REFUSED = (
    "UPDATE log_entry SET entry = '{}'",
    "UPDATE log_entry SET entry = entry WHERE false",
    "DELETE FROM log_entry",
    "TRUNCATE log_entry",
    "UPDATE directive SET body = '{}'",
    "TRUNCATE directive",
    "TRUNCATE log_entry, directive CASCADE",
    "MERGE INTO log_entry a USING log_entry b ON a.index = b.index WHEN MATCHED THEN UPDATE SET entry = '{}'",
    "INSERT INTO log_entry VALUES (0, '{}') ON CONFLICT (index) DO UPDATE SET entry = '{}'",
    "INSERT INTO log_entry VALUES (0, '{}')",
    "ALTER TABLE log_entry DISABLE TRIGGER ALL",
    "DROP TRIGGER log_entry_only_grows ON log_entry",
    "DROP TABLE log_entry",
    "ALTER TABLE log_entry RENAME TO elsewhere",
    "CREATE RULE away AS ON INSERT TO log_entry DO INSTEAD NOTHING",
    "CREATE TRIGGER mine BEFORE INSERT ON log_entry EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "CREATE OR REPLACE FUNCTION spe_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "ALTER TABLE log_entry ENABLE ROW LEVEL SECURITY",
    "CREATE TABLE mine (a int)",
    "CREATE SCHEMA mine",
    "SET session_replication_role = replica",
    f"SET ROLE {OWNER}",
    f"SET SESSION AUTHORIZATION {OWNER}",
    "COPY log_entry FROM PROGRAM 'true'",
    "COPY log_entry TO '/tmp/spe-away'",
    "DELETE FROM log_head",
    "INSERT INTO log_head VALUES (2, 0, '')",
    "UPDATE log_head SET id = 2",
    "DELETE FROM mark",
    "UPDATE mark SET name = 'x'",
    "DELETE FROM log_checkpoint",
    "UPDATE log_checkpoint SET note = ''",
    "DELETE FROM answered_call",
    "UPDATE answered_call SET answer = ''",
    "DELETE FROM outbox",
    "DELETE FROM ledger",
    "DELETE FROM release",
    "UPDATE alembic_version SET version_num = '0001'",
    "DELETE FROM alembic_version",
    "LOCK TABLE log_entry IN ACCESS EXCLUSIVE MODE",
    "SELECT lo_import('/etc/passwd')",
    "SELECT pg_read_file('/etc/passwd')",
)
API_ALONE = (
    "DELETE FROM directive",
    "DELETE FROM directive WHERE false",
    "INSERT INTO log_checkpoint VALUES (1, '')",
    "INSERT INTO log_tile VALUES (0, 0, '', '')",
    "INSERT INTO log_cosignature VALUES (1, 'w', '')",
    "UPDATE outbox SET handled = 1",
    "INSERT INTO mark VALUES ('checkpoint-signer', 'me')",
    "INSERT INTO mark VALUES ('worker', 'me')",
    "INSERT INTO mark VALUES ('x', '') ON CONFLICT (name) DO UPDATE SET name = 'worker'",
)


@pytest.mark.parametrize("role", [API, WORKER])
@pytest.mark.parametrize("statement", REFUSED)
def test_nobody_may(place: Place, role: str, statement: str) -> None:
    with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.UniqueViolation)):
        place.attempt(role, statement)


@pytest.mark.parametrize("statement", API_ALONE)
def test_the_api_may_not(place: Place, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        place.attempt(API, statement)


@pytest.mark.parametrize("statement", REFUSED[:6])
def test_not_even_the_owner_may_without_taking_the_guards_away(place: Place, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="is refused"):
        place.attempt(OWNER, statement)


@pytest.mark.parametrize("part", Part)
def test_a_role_has_the_rights_of_its_part_and_no_others(place: Place, part: Part) -> None:
    role = {Part.API: API, Part.WORKER: WORKER}[part]
    expected = {(table.name, right.split()[0]) for right, table in granted(part)}
    kinds = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
    with place.server.connected(place.database) as connection:
        found = {
            (table.name, kind)
            for table in METADATA.sorted_tables
            for kind in kinds
            if _has(connection, role, table.name, kind)
        }
    assert found == expected


def _has(connection: psycopg.Connection[Any], role: str, table: str, kind: str) -> bool:
    any_column = kind in {"SELECT", "INSERT", "UPDATE", "REFERENCES"}
    ask = "has_any_column_privilege" if any_column else "has_table_privilege"
    query = sql.SQL("SELECT {}(%s, quote_ident(%s)::regclass, %s)").format(sql.Identifier(ask))
    row = connection.execute(query, (role, table, kind)).fetchone()
    return bool(row and row[0])


@pytest.fixture
def fresh(postgres: Server) -> Place:
    for role in (API, WORKER):
        postgres.role(role)
    made = Place(postgres, postgres.made())
    bring_up(Settings(database_url=made.url(OWNER)), API, WORKER)
    return made


def test_each_part_can_do_all_that_it_does(fresh: Place) -> None:
    api, worker = (opened(Settings(database_url=fresh.url(role))) for role in (API, WORKER))
    log, signing = DatabaseLog(api), DatabaseLog(worker)
    log.set_mark("bundle", "b" * 64)
    asking, working = DatabaseCommitter(api, Plain()), DatabaseCommitter(worker, Plain())
    fence = WorkerFence(worker)
    working.fenced_by(fence.token)
    asking.commit(change(Put(DIRECTIVE, 0), ledger("a"), facts=(Fact("k", "a"),)))
    asking.commit(change(ledger("a", 1), call=Call("k" * 64, "d" * 64), bundle="b" * 64))
    log.want_checkpoint(2)
    DatabasePortalSessions(api).put(KeptSession("k", "s", someone("a").who(), "", 9, 9), 1)
    DatabasePortalSessions(api).touch("k", 10)
    DatabasePortalSessions(api).drop("k")
    working.commit(change(ledger("a", 2), handled=tuple(one.id for one in signing.outbox())))
    signing.keep_checkpoint(signing.begin_signing(), 3, "note", [Tile(0, 0, b"r", b"h")])
    signing.keep_cosignature(3, "w", "line")
    working.commit(change(forgets=(Forget(Directive, "d", 1),)))
    assert log.head().size == 4
    assert (log.latest_checkpoint(), log.outbox()) == ((3, "note"), ())
    for one in (asking, working):
        one.close()
    fence.release()
    for engine in (api, worker):
        engine.dispose()


def test_what_the_api_has_no_right_to_is_refused_where_it_would_commit(fresh: Place, tmp_path: Path) -> None:
    engine = open_database(fresh.url(API))
    committer = DatabaseCommitter(engine, Plain())
    committer.commit(change(Put(DIRECTIVE, 0)))
    with pytest.raises(Unreachable, match="nothing was done"):
        committer.commit(change(forgets=(Forget(Directive, "d", 1),)))
    assert committer.commit(change()) == 1
    committer.close()
    engine.dispose()


def test_a_process_starts_with_no_role_that_could_change_the_log(fresh: Place) -> None:
    for role in (API, WORKER):
        opened(Settings(database_url=fresh.url(role))).dispose()
    with pytest.raises(Unreachable, match="could change the log"):
        opened(Settings(database_url=fresh.url(OWNER)))
    with pytest.raises(Unreachable, match="could change the log"):
        opened(Settings(database_url=fresh.url("postgres")))
    opened(Settings(database_url=fresh.url(OWNER), demo=True)).dispose()


@pytest.mark.parametrize(
    "right",
    [
        "UPDATE ON log_entry",
        "UPDATE (entry) ON log_entry",
        "DELETE ON log_entry",
        "TRUNCATE ON directive",
        "UPDATE (body) ON directive",
        "TRIGGER ON log_entry",
    ],
)
def test_a_right_too_many_keeps_a_process_from_starting(fresh: Place, right: str) -> None:
    fresh.server.run(f"GRANT {right} TO {WORKER}", fresh.database)
    with pytest.raises(Unreachable, match="could change the log"):
        opened(Settings(database_url=fresh.url(WORKER)))
    bring_up(Settings(database_url=fresh.url(OWNER)), worker=WORKER)
    opened(Settings(database_url=fresh.url(WORKER))).dispose()


def test_a_role_that_may_become_the_owner_is_refused(fresh: Place) -> None:
    fresh.server.role("spe_member")
    fresh.server.run(f"GRANT {OWNER} TO spe_member")
    with pytest.raises(Unreachable, match="could change the log"):
        opened(Settings(database_url=fresh.url("spe_member")))


def test_a_process_starts_over_the_newest_tables_only(fresh: Place) -> None:
    engine = open_database(fresh.url(OWNER))
    downgrade(engine, "0004")
    engine.dispose()
    with pytest.raises(Unreachable, match="spe db migrate"):
        opened(Settings(database_url=fresh.url(API)))


def test_nobody_else_may_enter_and_hold_the_lock(fresh: Place) -> None:
    fresh.server.role("somebody")
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        fresh.attempt("somebody", "SELECT pg_advisory_lock(1)")


def test_roles_are_given_by_the_owner_to_roles_that_there_are(fresh: Place) -> None:
    settings = Settings(database_url=fresh.url(OWNER))
    with pytest.raises(Unreachable, match="no_such_role"):
        bring_up(settings, "no_such_role")
    with pytest.raises(Malformed):
        bring_up(settings, API, API)
    engine = open_database(fresh.url(API))
    with pytest.raises(Unreachable):
        grant(engine, API, Part.WORKER)
    for name in ("", "a\x00b", "x" * 64):
        with pytest.raises(Malformed):
            grant(engine, name, Part.WORKER)
    engine.dispose()


def test_sqlite_has_no_roles(tmp_path: Path) -> None:
    with pytest.raises(Malformed):
        bring_up(Settings(home=tmp_path), "a")
