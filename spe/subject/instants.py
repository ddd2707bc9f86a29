"""Instants as they are told: text with a zone."""

from __future__ import annotations

from datetime import UTC, datetime


def told(seconds: int) -> str:
    """Return seconds since 1970 as text with its zone."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: str) -> datetime:
    """Return the instant of an entry."""
    return datetime.fromisoformat(text)
