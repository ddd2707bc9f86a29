"""What is searched is found in the order of pages, however much there is; receipts are searched by whom they are about."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_SEARCHED = {
    "access_request": ("applicant", "status"),
    "case": ("status",),
    "code": ("permit", "status", "digest"),
    "cohort": ("permit", "site", "status"),
    "data_permit": ("request", "status", "applicant"),
    "dataset": ("holder", "status"),
    "directive": ("holder", "subject", "epoch"),
    "erasure": ("holder", "hidden", "status"),
    "hold": ("about", "status"),
    "output": ("run", "permit", "site", "status"),
    "receipt": ("fact", "holder"),
    "release": ("permit", "site", "status", "dataset"),
    "released_table": ("dataset", "release"),
    "run": ("permit", "site", "state", "kind", "code"),
    "workspace": ("permit", "site", "status"),
}
_ABOUT = {
    "sqlite": "UPDATE receipt SET about = json_extract(body, '$.about')",
    "postgresql": "UPDATE receipt SET about = body::jsonb ->> 'about'",
}


def upgrade() -> None:
    """Have every index end with the identifier, and give receipts theirs."""
    op.add_column("receipt", sa.Column("about", sa.String(length=200), nullable=True))
    op.execute(_ABOUT[op.get_bind().dialect.name])
    with op.batch_alter_table("receipt") as receipt:
        receipt.alter_column("about", existing_type=sa.String(length=200), nullable=False)
    _indexed("id")
    op.create_index("ix_receipt_about", "receipt", ["about", "id"])


def downgrade() -> None:
    """Take both back."""
    op.drop_index("ix_receipt_about", table_name="receipt")
    _indexed()
    op.drop_column("receipt", "about")


def _indexed(*also: str) -> None:
    for table, names in _SEARCHED.items():
        for name in names:
            op.drop_index(f"ix_{table}_{name}", table_name=table)
            op.create_index(f"ix_{table}_{name}", table, [name, *also])
