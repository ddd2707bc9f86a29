"""Being covered: a signed checkpoint holds the log to an entry, and with it to what the entry says is about to happen.

Nothing sealed is opened and no output leaves before a checkpoint covers every entry so far: whoever takes entries
back afterwards contradicts what is signed already.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Protocol

from spe.errors import Unreachable

_PATIENCE = 2.0
_LOOK_EVERY = 0.005


class Fenced(Unreachable):
    """Another process signs checkpoints now; this one must not go on."""

    title = "Another signer has taken over"


@dataclass(frozen=True, slots=True)
class CheckpointState:
    """Numbers of entries: all there are, those under a checkpoint, and those that somebody waits to see under one."""

    size: int
    signed: int
    wanted: int


class Cover(Protocol):
    """Sees to it that what is in the log is signed."""

    def cover(self, *, witnessed: bool = False) -> int:
        """Return once a checkpoint covers all entries so far: its size.

        `witnessed`: as many witnesses as are required have cosigned it. `Unreachable` where that can't be had in two
        seconds: what needed it must not happen.
        """
        ...


class Quorum(Protocol):
    """Knows how many witnesses must have cosigned, and looks whether they have."""

    def reached(self, size: int) -> int | None:
        """Return the size of a checkpoint over at least `size` entries with enough cosignatures, or None."""
        ...


class CheckpointStates(Protocol):
    """The log as whoever waits for a checkpoint sees it."""

    def checkpoint_state(self) -> CheckpointState:
        """Return how large the log is, and how much of it is signed."""
        ...

    def want_checkpoint(self, size: int) -> None:
        """Ask the signer not to wait until a second is over."""
        ...


class NoQuorum:
    """No witness is required: what is signed will do."""

    def __init__(self, log: CheckpointStates) -> None:
        self._log = log

    def reached(self, size: int) -> int | None:
        """Return the size of the newest checkpoint, if it covers `size` entries."""
        signed = self._log.checkpoint_state().signed
        return signed if signed >= size else None


@dataclass(frozen=True, slots=True)
class WaitingCover:
    """`Cover` of a process that can't sign: it asks, and waits for the one that can."""

    log: CheckpointStates
    quorum: Quorum
    patience: float = _PATIENCE

    def cover(self, *, witnessed: bool = False) -> int:
        """Return once a checkpoint, cosigned where that is asked for, covers all entries so far."""
        state = self.log.checkpoint_state()
        if state.signed < state.size:
            self.log.want_checkpoint(state.size)
        end = time.monotonic() + self.patience
        while (covered := self._covered(state.size, witnessed=witnessed)) is None:
            if time.monotonic() > end:
                what = "cosigned by enough witnesses" if witnessed else "signed"
                raise Unreachable(f"the log's newest entries were not {what} in time, so nothing was done")
            time.sleep(_LOOK_EVERY)
        return covered

    def _covered(self, size: int, *, witnessed: bool) -> int | None:
        if witnessed:
            return self.quorum.reached(size)
        signed = self.log.checkpoint_state().signed
        return signed if signed >= size else None
