"""The tables: one a kind of record, and the log, its head, the outbox, checkpoints, marks and sessions of the portal."""

from __future__ import annotations

from typing import get_type_hints

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, String, Table, Text

from spe.audit.receipts import Receipt
from spe.audit.records import Record
from spe.catalogue.model import Dataset
from spe.code.model import Code
from spe.cohort.model import Cohort
from spe.consent.model import Directive, Erasure, Ledger
from spe.decision.model import Case
from spe.output.model import Output
from spe.oversight.model import Hold
from spe.permit.model import DataPermit
from spe.release.model import Release, ReleasedTable
from spe.request.model import AccessRequest
from spe.run.model import Run
from spe.workspace.model import Workspace

KINDS: tuple[type[Record], ...] = (
    AccessRequest,
    Case,
    Code,
    Cohort,
    DataPermit,
    Dataset,
    Directive,
    Erasure,
    Hold,
    Ledger,
    Output,
    Receipt,
    Release,
    ReleasedTable,
    Run,
    Workspace,
)
# What is never changed once it is there: triggers refuse it, and the whole transaction with it.
FIXED: frozenset[type[Record]] = frozenset({Directive})
METADATA = MetaData()


def _record_table(kind: type[Record]) -> Table:
    hints = get_type_hints(kind)
    searched = [
        Column(name, BigInteger if hints[name] is int else String(200), nullable=False)
        for name in kind.indexed
    ]
    return Table(
        kind.table,
        METADATA,
        Column("id", String(200), primary_key=True),
        Column("version", Integer, nullable=False),
        Column("body", Text, nullable=False),
        Column("salt", String(32), nullable=False, server_default=""),
        *searched,
        # Pages are ordered by id: so one that is searched for is read off, however many rows the field has alike.
        *(Index(f"ix_{kind.table}_{name}", name, "id") for name in kind.indexed),
    )


TABLES: dict[type[Record], Table] = {kind: _record_table(kind) for kind in KINDS}

LOG = Table(
    "log_entry",
    METADATA,
    Column("index", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("entry", LargeBinary, nullable=False),
)
HEAD = Table(
    "log_head",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("range", LargeBinary, nullable=False),
)
CHECKPOINT = Table(
    "log_checkpoint",
    METADATA,
    Column("size", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("note", Text, nullable=False),
)
TILE = Table(
    "log_tile",
    METADATA,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("root", LargeBinary, nullable=False),
    Column("hashes", LargeBinary, nullable=False),
)
COSIGNATURE = Table(
    "log_cosignature",
    METADATA,
    Column("size", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("witness", String(200), primary_key=True),
    Column("line", Text, nullable=False),
)
OUTBOX = Table(
    "outbox",
    METADATA,
    Column("id", String(40), primary_key=True),
    Column("kind", String(60), nullable=False, index=True),
    Column("about", String(200), nullable=False),
    Column("data", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("handled", Integer, nullable=False, index=True),
    Column("salt", String(32), nullable=False, server_default=""),
)
MARK = Table(
    "mark",
    METADATA,
    Column("name", String(60), primary_key=True),
    Column("value", Text, nullable=False),
)
ANSWER = Table(
    "answered_call",
    METADATA,
    Column("key", String(64), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("answer", Text, nullable=False),
)
PORTAL_SESSION = Table(
    "portal_session",
    METADATA,
    Column("key", String(64), primary_key=True),
    Column("session", String(200), nullable=False, index=True),
    Column("person", String(200), nullable=False, index=True),
    Column("organisation", String(200), nullable=False),
    Column("role", String(200), nullable=False),
    Column("sealed", Text, nullable=False),
    Column("typed", Text, nullable=False),
    Column("ends", BigInteger, nullable=False),
    Column("idle", BigInteger, nullable=False),
    Column("renewing", BigInteger, nullable=False),
)
