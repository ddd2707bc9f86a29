"""Erasures; and nothing stays of facts that every holder has heard."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table, and empty handled facts."""
    op.create_table(
        "erasure",
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("salt", sa.String(length=32), server_default="", nullable=False),
        sa.Column("holder", sa.String(length=200), nullable=False),
        sa.Column("hidden", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    for name in ("holder", "hidden", "status"):
        op.create_index(op.f(f"ix_erasure_{name}"), "erasure", [name], unique=False)
    op.execute("UPDATE outbox SET about = '', data = '{}' WHERE handled != 0")


def downgrade() -> None:
    """Drop the table; what facts were about doesn't come back."""
    for name in ("status", "hidden", "holder"):
        op.drop_index(op.f(f"ix_erasure_{name}"), table_name="erasure")
    op.drop_table("erasure")
