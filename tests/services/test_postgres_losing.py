"""PostgreSQL lost in the middle: of what was to be done all is there or nothing, and nobody is told otherwise."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from spe.adapters.database.engine import writing
from spe.adapters.database.postgresql import WRITE_LOCK
from spe.audit.change import Call, Change, Fact
from spe.audit.merkle import CompactRange
from spe.consent.model import Ledger
from spe.errors import NotKnownYet, SpeError, Unreachable
from tests.services.cutting import Loss, Way, breakable
from tests.services.postgres import Server, postgres_server
from tests.statements import heard
from tests.unit.adapters.database.place import Installed, change, entry, installed, ledger, together

pytestmark = pytest.mark.services
CALL = Call("k" * 64, "d" * 64)
SHAPES: dict[str, Change] = {
    "a new record": change(ledger("a")),
    "a record that is there, with a fact": change(ledger("there", 1), facts=(Fact("k", "a"),)),
    "several of all": Change(
        entries=(entry("1"), entry("2"), entry("3")),
        puts=(ledger("a"), ledger("b"), ledger("there", 1)),
        facts=(Fact("k", "a"), Fact("k", "b")),
        call=CALL,
    ),
    "a denial": change(),
}


@pytest.fixture
def way(postgres: Server) -> Iterator[Way]:
    with breakable(postgres.folder) as made:
        yield made


@pytest.fixture
def direct(postgres: Server, tmp_path: Path) -> Iterator[Installed]:
    """Return an installation with one record in it, reached without any way that breaks."""
    with installed(tmp_path, postgres.url(postgres.made())) as here:
        here.committer.commit(change(ledger("there")))
        yield here


def through(direct: Installed, postgres: Server, way: Way) -> str:
    return postgres.url(direct.engine.url.database or "", folder=way.folder)


def state(here: Installed) -> tuple[object, ...]:
    """Return all that any of `SHAPES` changes, and check that the log is what its head says."""
    entries = [raw for _, raw in here.log.entries()]
    grown = CompactRange()
    for raw in entries:
        grown = grown.append_entry(raw)
    assert here.log.head() == grown
    records = tuple((one.value.id, one.version) for one in here.records.each(Ledger))
    return len(entries), records, len(here.log.outbox()), here.log.answered(CALL.key) is not None


def settled(here: Installed) -> tuple[object, ...]:
    """Return the state once no transaction is under way any more."""
    with writing(here.engine):
        return state(here)


@pytest.mark.parametrize("loss", Loss)
@pytest.mark.parametrize("shape", SHAPES)
def test_lost_at_any_message_all_of_it_happened_or_nothing(
    postgres: Server, direct: Installed, way: Way, tmp_path: Path, shape: str, loss: Loss
) -> None:
    before = state(direct)
    heard_of: set[type[object]] = set()
    with installed(tmp_path, through(direct, postgres, way)) as here:
        for at in range(1, 200):
            way.breaks(at, loss)
            answer = outcome(lambda: here.committer.commit(SHAPES[shape]))
            now = settled(direct)
            if isinstance(answer, int):
                break  # it was over before the way broke
            heard_of.add(type(answer))
            happened = now != before
            assert isinstance(answer, Unreachable)
            assert isinstance(answer, NotKnownYet) or not happened
            if happened:
                take_back(direct, before)
        else:
            pytest.fail("the way never got to the end")
    assert NotKnownYet in heard_of
    assert Unreachable in heard_of
    assert now[0] == 1 + len(SHAPES[shape].entries)


def take_back(here: Installed, before: tuple[object, ...]) -> None:
    """Make the database what it was, so that the next message can be lost of the same change."""
    with writing(here.engine) as connection:
        connection.execute(text("ALTER TABLE log_entry DISABLE TRIGGER USER"))
        for table in ("log_entry", "ledger", "outbox", "answered_call"):
            connection.execute(text(f"TRUNCATE {table}"))
        connection.execute(text("ALTER TABLE log_entry ENABLE TRIGGER USER"))
        connection.execute(text("UPDATE log_head SET size = 0, range = ''"))
    here.committer.commit(change(ledger("there")))
    assert state(here) == before


def outcome(act: Callable[[], int]) -> int | SpeError:
    try:
        return act()
    except SpeError as error:
        return error


@pytest.mark.parametrize("at", ["SELECT", "INSERT INTO ledger", "INSERT INTO log_entry", "UPDATE", "COMMIT"])
def test_a_session_that_is_ended_by_the_server_is_a_loss_too(
    postgres: Server, direct: Installed, at: str
) -> None:
    with direct.engine.connect() as connection:
        database = connection.engine.url.database
    before = state(direct)

    def end(statement: str) -> None:
        if statement.startswith(at):
            postgres.run(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                f" WHERE datname = '{database}' AND state <> 'idle'"
            )

    with heard(direct.engine, end):
        answer = outcome(lambda: direct.committer.commit(change(ledger("a"), facts=(Fact("k", "a"),))))
    assert type(answer) is (NotKnownYet if at == "COMMIT" else Unreachable)
    assert state(direct) == before
    assert direct.committer.commit(change(ledger("a"))) == 1


def test_a_server_that_crashes_keeps_all_that_was_answered_and_the_next_call_goes_on(tmp_path: Path) -> None:
    with postgres_server() as server, installed(tmp_path, server.url(server.made())) as here:
        for at in range(20):
            here.committer.commit(change(ledger(f"h-{at}")))
        server.end(signal.SIGQUIT)
        with pytest.raises(Unreachable):
            here.committer.commit(change(ledger("a")))
        with pytest.raises(Unreachable):
            here.ledger("h-1")
        server.start_again()
        assert here.ledger("h-19") == (1, 1)
        assert here.committer.commit(change(ledger("a"))) == 20


def test_sessions_that_the_server_ended_while_nobody_used_them_are_never_used_again(
    postgres: Server, direct: Installed
) -> None:
    readers = [threading.Thread(target=lambda: [direct.ledger("there") for _ in range(20)]) for _ in range(8)]
    for one in readers:
        one.start()
    for one in readers:
        one.join()
    ended = f"FROM pg_stat_activity WHERE datname = '{direct.engine.url.database}'"
    postgres.run(f"SELECT pg_terminate_backend(pid, 5000) {ended}")
    for _ in range(16):
        assert direct.ledger("there") == (1, 1)
    assert direct.committer.commit(change()) == 1


def test_a_commit_that_the_server_refuses_is_known_not_to_have_happened(
    postgres: Server, direct: Installed
) -> None:
    refuse = """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;
        CREATE CONSTRAINT TRIGGER late AFTER INSERT ON ledger DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION refuse()"""
    with writing(direct.engine) as connection:
        connection.execute(text(refuse))
    answer = outcome(lambda: direct.committer.commit(change(ledger("a"))))
    assert type(answer) is Unreachable
    assert state(direct)[:2] == (1, (("there", 1),))
    assert direct.committer.commit(change()) == 1


def test_a_commit_the_server_warns_of_is_not_known(postgres: Server, direct: Installed) -> None:
    warn = """
        CREATE FUNCTION warn() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE WARNING 'it may not be everywhere'; RETURN NULL; END $$;
        CREATE CONSTRAINT TRIGGER late AFTER INSERT ON ledger DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION warn()"""
    with writing(direct.engine) as connection:
        connection.execute(text(warn))
    with pytest.raises(NotKnownYet):
        direct.committer.commit(change(ledger("a")))


def test_a_failed_transaction_is_never_taken_for_a_commit(direct: Installed) -> None:
    def write_and_fail() -> None:
        with writing(direct.engine) as connection:
            connection.execute(text("INSERT INTO mark (name, value) VALUES ('x', 'y')"))
            with suppress(DBAPIError):
                connection.execute(text("SELECT * FROM nothing"))

    with pytest.raises(Unreachable, match="nothing was done"):
        write_and_fail()
    assert direct.log.mark("x") is None


def test_who_holds_the_write_lock_and_goes_silent_loses_it(postgres: Server, direct: Installed) -> None:
    """A process that was stopped, or whose machine was, in the middle of a transaction."""
    url = postgres.url(direct.engine.url.database or "").replace("+psycopg", "")
    with psycopg.connect(url) as silent:
        silent.execute("SET idle_in_transaction_session_timeout = '300ms'")
        silent.commit()
        silent.execute("SELECT pg_advisory_xact_lock(%s)", (WRITE_LOCK,))
        assert direct.committer.commit(change()) == 1
        with pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout):
            silent.execute("INSERT INTO mark (name, value) VALUES ('x', 'y')")


def test_every_session_loses_its_transaction_when_it_goes_silent(direct: Installed) -> None:
    with writing(direct.engine) as connection:
        for name, value in {
            "idle_in_transaction_session_timeout": "10s",
            "lock_timeout": "10s",
            "synchronous_commit": "on",
            "transaction_isolation": "read committed",
        }.items():
            assert connection.execute(text(f"SHOW {name}")).scalar() == value


def test_a_bundle_that_was_changed_while_a_change_waited_for_the_lock_is_seen(
    postgres: Server, direct: Installed
) -> None:
    """What a statement sees is fixed when it begins, so the lock has to come in a statement before."""
    second: list[int | SpeError] = []
    waiting = threading.Thread(
        target=lambda: second.append(outcome(lambda: direct.committer.commit(change(bundle="b" * 64))))
    )
    with writing(direct.engine) as connection:
        waiting.start()
        time.sleep(0.3)
        connection.execute(text("UPDATE mark SET value = 'c' WHERE name = 'bundle'"))
    waiting.join()
    assert "bundle" in str(second[0])


def test_what_waits_while_others_write_becomes_one_transaction(direct: Installed) -> None:
    done = together(
        direct, *(lambda at=at: direct.committer.commit(change(ledger(f"h-{at}"))) for at in range(8))
    )
    assert sorted(one.result() for one in done) == list(range(1, 9))
    with direct.engine.connect() as connection:
        transactions = text("SELECT count(DISTINCT xmin::text) FROM log_entry WHERE index > 0")
        assert connection.execute(transactions).scalar() == 1
