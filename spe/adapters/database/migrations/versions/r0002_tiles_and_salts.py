"""Tiles and cosignatures of the log, and the salt that hides a row in its entry."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_RECORDS = (
    "access_request",
    "case",
    "code",
    "cohort",
    "data_permit",
    "dataset",
    "directive",
    "ledger",
    "output",
    "receipt",
    "release",
    "released_table",
    "run",
    "workspace",
)
_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the tables and columns; rows from before have no salt, and no entry tells of them."""
    op.create_table(
        "log_tile",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", _BIG, autoincrement=False, nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "number"),
    )
    op.create_table(
        "log_cosignature",
        sa.Column("size", _BIG, autoincrement=False, nullable=False),
        sa.Column("witness", sa.String(length=200), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("size", "witness"),
    )
    for table in _RECORDS:
        op.add_column(table, sa.Column("salt", sa.String(length=32), server_default="", nullable=False))


def downgrade() -> None:
    """Take them away again; tiles can be made anew from the entries."""
    for table in reversed(_RECORDS):
        op.drop_column(table, "salt")
    op.drop_table("log_cosignature")
    op.drop_table("log_tile")
