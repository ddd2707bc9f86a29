"""Triggers: log entries are never changed or deleted, directives never changed; marks of one writer are that one's."""

from alembic import op

revision = "0005"
down_revision = "0004"

# A directive is deleted where its subject is erased, by the role that may; SQLite has no roles.
_SQLITE = {
    "log_entry_is_never_changed": "UPDATE ON log_entry",
    "log_entry_is_never_deleted": "DELETE ON log_entry",
    "directive_is_never_changed": "UPDATE ON directive",
}
_POSTGRESQL = {
    "log_entry_only_grows": "UPDATE OR DELETE OR TRUNCATE ON log_entry",
    "directive_is_never_changed": "UPDATE OR TRUNCATE ON directive",
}
_REFUSE = """
CREATE FUNCTION spe_refuse() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE '% of % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$
"""
# Whoever may keep checkpoints is the one writer, and says so in these marks; nobody else does.
_KEEP = """
CREATE FUNCTION spe_keep_marks() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF NEW.name IN ('checkpoint-signer', 'worker')
        AND NOT has_table_privilege(current_user, quote_ident(TG_TABLE_SCHEMA) || '.log_checkpoint', 'INSERT') THEN
        RAISE 'the mark % is the worker''s', NEW.name USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    """Make them."""
    if op.get_bind().dialect.name == "sqlite":
        for name, what in _SQLITE.items():
            refused = f"SELECT RAISE(ABORT, '{what.split()[0]} of {what.split()[-1]} is refused')"
            op.execute(f"CREATE TRIGGER {name} BEFORE {what} BEGIN {refused}; END")
        return
    op.execute(_REFUSE)
    op.execute(_KEEP)
    for name, what in _POSTGRESQL.items():
        op.execute(f"CREATE TRIGGER {name} BEFORE {what} FOR EACH STATEMENT EXECUTE FUNCTION spe_refuse()")
    op.execute(
        "CREATE TRIGGER marks_of_one_writer BEFORE INSERT OR UPDATE ON mark"
        " FOR EACH ROW EXECUTE FUNCTION spe_keep_marks()"
    )


def downgrade() -> None:
    """Drop them."""
    if op.get_bind().dialect.name == "sqlite":
        for name in _SQLITE:
            op.execute(f"DROP TRIGGER {name}")
        return
    op.execute("DROP TRIGGER marks_of_one_writer ON mark")
    for name, what in _POSTGRESQL.items():
        op.execute(f"DROP TRIGGER {name} ON {what.split()[-1]}")
    op.execute("DROP FUNCTION spe_keep_marks()")
    op.execute("DROP FUNCTION spe_refuse()")
