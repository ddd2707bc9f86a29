"""Legal holds."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "hold",
        sa.Column("id", sa.String(length=200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("salt", sa.String(length=32), server_default="", nullable=False),
        sa.Column("about", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_hold_about"), "hold", ["about"], unique=False)
    op.create_index(op.f("ix_hold_status"), "hold", ["status"], unique=False)


def downgrade() -> None:
    """Drop it."""
    op.drop_index(op.f("ix_hold_status"), table_name="hold")
    op.drop_index(op.f("ix_hold_about"), table_name="hold")
    op.drop_table("hold")
