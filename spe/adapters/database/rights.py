"""What the roles of API and worker may do in PostgreSQL: this table, and nothing else.

Nobody changes or deletes log entries. The API can't handle facts, keep checkpoints or delete anything but sessions of the
portal, which are its own; the worker deletes what an erased subject leaves.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from sqlalchemy import Connection, Engine, Table, text

from spe.adapters.database.engine import reading, unreachable, writing
from spe.adapters.database.tables import (
    ANSWER,
    CHECKPOINT,
    COSIGNATURE,
    HEAD,
    LOG,
    MARK,
    METADATA,
    OUTBOX,
    PORTAL_SESSION,
    TABLES,
    TILE,
)
from spe.audit.receipts import Receipt
from spe.consent.model import Directive
from spe.errors import Malformed, Unreachable
from spe.oversight.model import Hold

_ROLE = 63
_DIRECTIVE = TABLES[Directive]
_FORGOTTEN = (_DIRECTIVE, TABLES[Receipt], TABLES[Hold])
_CHANGED = tuple(table for table in TABLES.values() if table is not _DIRECTIVE)
# What would undo all of this: changing the log or a directive, by whatever right.
_TOO_MUCH = text(
    """
    SELECT rolsuper OR pg_has_role(current_user, relowner, 'USAGE')
        OR has_table_privilege(current_user, pg_class.oid, 'UPDATE, TRUNCATE, TRIGGER')
        OR has_any_column_privilege(current_user, pg_class.oid, 'UPDATE')
        OR (relname = 'log_entry' AND has_table_privilege(current_user, pg_class.oid, 'DELETE'))
    FROM pg_class, pg_roles
    WHERE rolname = current_user AND pg_class.oid IN ('log_entry'::regclass, 'directive'::regclass)
    """
)
_OWNER = text(
    "SELECT pg_has_role(current_user, relowner, 'USAGE') FROM pg_class WHERE oid = 'log_entry'::regclass"
)


class Part(StrEnum):
    """Which process a role is for."""

    API = "api"
    WORKER = "worker"


def granted(part: Part) -> Iterator[tuple[str, Table]]:
    """Yield the rights of a part, each with its table; some are on columns only."""
    yield from (("SELECT", table) for table in METADATA.sorted_tables)
    yield from (("INSERT", table) for table in (*TABLES.values(), LOG, OUTBOX, ANSWER, MARK))
    yield from (("UPDATE", table) for table in _CHANGED)
    yield 'UPDATE (size, "range")', HEAD
    yield "UPDATE (value)", MARK
    if part is Part.WORKER:
        yield from (("INSERT", table) for table in (CHECKPOINT, TILE, COSIGNATURE))
        yield "UPDATE (handled, kind, about, data, salt)", OUTBOX
        yield from (("DELETE", table) for table in _FORGOTTEN)
    else:
        yield from ((right, PORTAL_SESSION) for right in ("INSERT", "UPDATE", "DELETE"))


def grant(engine: Engine, role: str, part: Part) -> None:
    """Give `role` the rights of `part`, and take away any others it was given; the owner of the tables does it.

    `Malformed` for a name that is none, `Unreachable` where there is no such role or this one may not. A database that
    everybody may enter is closed to them, where it is ours.
    """
    if not 0 < len(role) <= _ROLE or "\x00" in role:
        raise Malformed("that is not the name of a role")
    with unreachable(f"the role {role} can't be given its rights"), writing(engine) as connection:
        if not connection.scalar(_OWNER):
            # PostgreSQL only warns of it.
            raise Unreachable("only the owner of the tables can give rights to them")
        name = connection.dialect.identifier_preparer.quote_identifier(role)
        _close(connection)
        for table in METADATA.sorted_tables:
            connection.exec_driver_sql(f"REVOKE ALL ON {_quoted(connection, table)} FROM {name}, PUBLIC")
        connection.exec_driver_sql(f"REVOKE ALL ON alembic_version FROM {name}, PUBLIC")
        connection.exec_driver_sql(f"GRANT SELECT ON alembic_version TO {name}")
        for right, table in granted(part):
            connection.exec_driver_sql(f"GRANT {right} ON {_quoted(connection, table)} TO {name}")
        connection.exec_driver_sql(f"GRANT CONNECT ON DATABASE {_database(connection)} TO {name}")


def refuse_too_much(engine: Engine) -> None:
    """Raise `Unreachable` where this engine's role could change or delete what nobody may."""
    with reading(engine, "the role's rights can't be read") as connection:
        if any(connection.scalars(_TOO_MUCH)):
            raise Unreachable(
                "the database's role could change the log: use one that `spe db migrate --api` or --worker named"
            )


def _close(connection: Connection) -> None:
    """Let nobody enter who isn't named: whoever may connect may take the write lock."""
    ours = "SELECT pg_has_role(current_user, datdba, 'USAGE') FROM pg_database WHERE datname = current_database()"
    if connection.scalar(text(ours)):
        connection.exec_driver_sql(f"REVOKE ALL ON DATABASE {_database(connection)} FROM PUBLIC")


def _quoted(connection: Connection, table: Table) -> str:
    return connection.dialect.identifier_preparer.format_table(table)


def _database(connection: Connection) -> str:
    return connection.dialect.identifier_preparer.quote_identifier(str(connection.engine.url.database))
