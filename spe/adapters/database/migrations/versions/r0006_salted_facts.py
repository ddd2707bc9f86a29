"""The salt that hides a fact in its entry; and not even its kind stays of a fact that every holder has heard."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the column, and empty handled facts; facts from before have no salt, and no entry tells of them."""
    op.add_column("outbox", sa.Column("salt", sa.String(length=32), server_default="", nullable=False))
    op.execute("UPDATE outbox SET kind = '' WHERE handled != 0")


def downgrade() -> None:
    """Drop the column; of what kind facts were doesn't come back."""
    op.drop_column("outbox", "salt")
