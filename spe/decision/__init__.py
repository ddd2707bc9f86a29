"""A committee's case."""
