"""Data permits: signed, suspended, revoked."""
