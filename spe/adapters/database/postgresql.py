"""PostgreSQL: sessions that are durable, the write lock, and what a failed commit says of itself.

A session takes its own settings, whatever server, database or role would have it do, and refuses a server that would
lose a commit. All that is written waits for one advisory lock, as on SQLite for the lock of the file: so every statement
after it sees all that was committed before, and whatever was reasoned of one writer at a time holds here too.
"""

from __future__ import annotations

import ipaddress
import os
import select
from typing import Any

import psycopg
from psycopg import Error
from psycopg.pq import TransactionStatus
from sqlalchemy import URL, Connection, Engine, event
from sqlalchemy.exc import DisconnectionError

from spe.errors import Malformed, NotKnownYet, Unreachable

__all__ = ["WRITE_LOCK", "Error", "arguments", "begin", "commit", "dress", "spoils", "wait"]
WRITE_LOCK = 0x5350_4500_0000_0001
_OLDEST = 150000
_WHOLE = "ERROR"
_SESSION = {
    "default_transaction_isolation": "read committed",
    "default_transaction_read_only": "off",
    "client_min_messages": "warning",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "10s",
    # A machine that went away without a word keeps no lock for long.
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
}
# The same from our side: a server that went away is noticed within about fifteen seconds.
_ARGUMENTS = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 15000,
    "application_name": "spe",
    "client_encoding": "utf8",
}
_FOUND = (
    "current_setting('fsync')",
    "current_setting('full_page_writes')",
    "current_setting('server_encoding')",
    "current_setting('server_version_num')::int",
    "(SELECT datcollate FROM pg_database WHERE datname = current_database())",
    "CASE WHEN current_setting('synchronous_commit') <> 'remote_apply'"
    " THEN set_config('synchronous_commit', 'on', false) END",
)
_REMEDY = "createdb --template=template0 --encoding=UTF8 --lc-collate=C makes one that is"


def arguments(url: URL) -> dict[str, Any]:
    """Return how to connect, where `url` doesn't say; `Malformed` where it would go over a network unprotected."""
    _refuse_an_open_way(url)
    return {name: value for name, value in _ARGUMENTS.items() if name not in url.query}


def dress(engine: Engine) -> None:
    """Have every session durable, and none used again whose server has ended it."""
    event.listen(engine, "connect", _durable)
    event.listen(engine, "checkout", _refuse_ended)


def wait(connection: Connection, milliseconds: int) -> None:
    """Have this connection wait so long for locks, and no longer."""
    connection.exec_driver_sql(f"SET lock_timeout = {milliseconds}")
    connection.commit()


def begin(connection: Connection) -> None:
    """Take the write lock, which ends with the transaction."""
    raw: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
    # SQLAlchemy's own transaction, though the driver runs the statement: its way takes longer than the server.
    connection.begin()
    raw.execute("SELECT pg_advisory_xact_lock(%s)", (WRITE_LOCK,))


def commit(connection: Connection) -> None:
    """Commit; `NotKnownYet` where the answer did not come, or says that it isn't safe.

    An answer that refuses it and leaves the session whole says that nothing happened, and is raised as it is.
    """
    raw: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
    if raw.info.transaction_status is not TransactionStatus.INTRANS:
        # COMMIT of a failed transaction, or of none, is answered as if it had gone well.
        raise Unreachable("the transaction had failed before, so nothing was done")
    warnings: list[str] = []
    listener = _collector(warnings)
    raw.add_notice_handler(listener)
    try:
        connection.commit()
    except Exception as cause:
        if _refused(cause, raw):
            raise
        raise NotKnownYet("the database was lost: whether this was done shows in the log") from cause
    finally:
        raw.remove_notice_handler(listener)
    if warnings:
        # Such as a commit that stopped waiting for the standby that was to have it too.
        raise NotKnownYet("the database warned of this commit: whether it is safe shows in the log")


def spoils(cause: BaseException) -> bool:  # noqa: ARG001 - the other database's question
    """Say no: whether a sync failed is the server's to know, and it goes down rather than answer."""
    return False


def _refused(cause: BaseException, raw: psycopg.Connection[Any]) -> bool:
    """Say whether the server answered that it did not commit, and is ready for the next statement."""
    error = getattr(cause, "orig", cause)
    return (
        isinstance(error, Error)
        and error.diag.severity_nonlocalized == _WHOLE
        and raw.info.transaction_status is TransactionStatus.IDLE
    )


def _collector(warnings: list[str]) -> Any:
    return lambda notice: warnings.append(notice.severity_nonlocalized or "")


def _durable(raw: psycopg.Connection[Any], _record: Any) -> None:
    raw.autocommit = True
    settings = ", ".join(f"set_config('{name}', '{value}', false)" for name, value in _SESSION.items())
    row = raw.execute(f"SELECT {', '.join(_FOUND)}, {settings}".encode()).fetchone()
    raw.autocommit = False
    fsync, pages, encoding, version, collation = row[:5] if row else ("", "", "", 0, "")
    if (fsync, pages) != ("on", "on"):
        raise Unreachable(
            "the database's server doesn't sync (fsync, full_page_writes), so it may lose commits"
        )
    if version < _OLDEST:
        raise Unreachable("the database's server is older than PostgreSQL 15")
    if encoding != "UTF8" or collation not in {"C", "POSIX"}:
        raise Unreachable(f"the database must be in UTF8 and ordered by bytes (collation C): {_REMEDY}")


def _refuse_ended(raw: psycopg.Connection[Any], _record: Any, _proxy: Any) -> None:
    """Give up a session that has something to say before it was asked: its server ended it."""
    watch = select.poll()
    watch.register(raw.fileno(), select.POLLIN)
    if watch.poll(0):
        raise DisconnectionError


def _refuse_an_open_way(url: URL) -> None:
    """Raise `Malformed` unless the way stays on this machine, or the server will show who it is; surroundings count."""
    said = {name: _text(value) for name, value in url.query.items()}
    if {"service", "conninfo"} & said.keys() or "PGSERVICE" in os.environ:
        raise Malformed("a database is named by its URL alone, not by a service file")
    hosts = said.get("host") or url.host or os.environ.get("PGHOST", "")
    addresses = said.get("hostaddr") or os.environ.get("PGHOSTADDR", "")
    away = any(not _is_here(host) for host in f"{hosts},{addresses}".split(","))
    if away and (said.get("sslmode") or os.environ.get("PGSSLMODE")) != "verify-full":
        raise Malformed("a database on another machine needs sslmode=verify-full in its URL")


def _text(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else ",".join(value)


def _is_here(host: str) -> bool:
    """Say whether it is a socket's folder or this machine itself; a name may mean anything but `localhost`."""
    if not host or host.startswith(("/", "@")) or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
