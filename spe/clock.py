"""Time is an argument: decisions take `now`, and only the edges own a clock."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time; nothing else in `spe` does."""

    def now(self) -> datetime:
        """Return the current instant, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the machine's current instant, in UTC."""
        return datetime.now(UTC)


def epoch(instant: datetime) -> int:
    """Return whole seconds since 1970, the one form in which policy is told of time."""
    return int(instant.timestamp())
