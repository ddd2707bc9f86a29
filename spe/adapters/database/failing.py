"""How a write can end that is neither done nor undone, and what then holds for the writes after it."""

from __future__ import annotations

from spe.errors import Unreachable


class ReadOnly(Unreachable):
    """A sync failed before, so this process writes nothing any more."""

    title = "The log is read-only"


class FailedSync(Unreachable):
    """A sync of our own failed."""


class Latch:
    """Remembers that a sync failed: what the system then holds of the file is unknown, so a later success proves nothing."""

    def __init__(self) -> None:
        self._engaged = False

    def check(self) -> None:
        """Raise `ReadOnly` once it is engaged."""
        if self._engaged:
            raise ReadOnly("writing failed before, so nothing is written until the process was started anew")

    def engage(self) -> None:
        """Let nothing be written any more."""
        self._engaged = True
