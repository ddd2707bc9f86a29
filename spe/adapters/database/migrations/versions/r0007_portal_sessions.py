"""Sessions of the portal."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "portal_session",
        sa.Column("key", sa.String(length=64), nullable=False),
        *(
            sa.Column(name, sa.String(length=200), nullable=False)
            for name in ("session", "person", "organisation", "role")
        ),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("sealed", "typed")),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("ends", "idle", "renewing")),
        sa.PrimaryKeyConstraint("key"),
    )
    for name in ("session", "person"):
        op.create_index(op.f(f"ix_portal_session_{name}"), "portal_session", [name], unique=False)


def downgrade() -> None:
    """Drop it: whoever was signed in signs in anew."""
    for name in ("person", "session"):
        op.drop_index(op.f(f"ix_portal_session_{name}"), table_name="portal_session")
    op.drop_table("portal_session")
