"""The database behind `Records` and `Committer`: SQLAlchemy Core over SQLite (PostgreSQL by the same tables)."""
