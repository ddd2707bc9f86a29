"""Alembic migrations; `engine.migrate` runs them."""
