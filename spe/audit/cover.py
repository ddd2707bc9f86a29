"""Being covered: a signed checkpoint holds the log to an entry, and with it to what the entry says is about to happen.

Nothing sealed is opened and no output leaves before a checkpoint covers every entry so far: whoever takes entries
back afterwards contradicts what is signed already.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from spe.audit.checkpoint import Checkpoint, open_checkpoint
from spe.audit.merkle import CompactRange
from spe.audit.tiles import Rows, StoredTiles, rows_at
from spe.crypto.note import PublicKey
from spe.errors import IntegrityFailure, Malformed, Unreachable

_PATIENCE = 2.0
_LOOK_EVERY = 0.005
_WEARY = 5.0


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


class SignedLog(StoredTiles, Protocol):
    """The log with what was signed of it."""

    def head(self) -> CompactRange:
        """Return size and hashes of the log as it is now."""
        ...

    def latest_checkpoint(self) -> tuple[int, str] | None:
        """Return the newest checkpoint."""
        ...


class CheckpointStates(SignedLog, Protocol):
    """The log as whoever waits for a checkpoint sees it."""

    def checkpoint_state(self) -> CheckpointState:
        """Return how large the log is, and how much of it is signed."""
        ...

    def want_checkpoint(self, size: int) -> None:
        """Ask the signer not to wait until a second is over."""
        ...


def signed_rows(log: SignedLog, key: PublicKey) -> Rows:
    """Return the edge of what is signed, made anew from what is stored and held to the newest signature.

    What the database says of its checkpoints is believed as far as `key` signed it. `IntegrityFailure` where that is
    not what is stored.
    """
    latest = log.latest_checkpoint()
    if latest is None:
        return Rows()
    signed = _opened(*latest, key)
    rows = rows_at(log, signed.size)
    if rows.range().root() != signed.root:
        raise IntegrityFailure(f"the log's entries before {signed.size} are not those that were signed")
    if log.head().size < signed.size:
        raise IntegrityFailure(f"the log's head is before the {signed.size} entries that are signed")
    return rows


def _opened(size: int, note: str, key: PublicKey) -> Checkpoint:
    try:
        signed = open_checkpoint(note, key)
    except Malformed as cause:
        raise IntegrityFailure("what stands as the newest checkpoint is none of this log") from cause
    if signed.size != size:
        raise IntegrityFailure(f"a checkpoint of {signed.size} entries stands as one of {size}")
    return signed


class NoQuorum:
    """No witness is required: what is signed will do."""

    def __init__(self, log: CheckpointStates, key: PublicKey) -> None:
        self._log = log
        self._key = key

    def reached(self, size: int) -> int | None:
        """Return the size of the newest checkpoint, if it covers `size` entries."""
        return _covered(self._log, self._key, size)


def _covered(log: CheckpointStates, key: PublicKey, size: int) -> int | None:
    """Return the size of the newest checkpoint if it covers `size` entries; looks at its signature only then."""
    if log.checkpoint_state().signed < size:
        return None
    signed = signed_rows(log, key).size
    return signed if signed >= size else None


@dataclass(frozen=True, slots=True)
class WaitingCover:
    """`Cover` of a process that can't sign: it asks, and waits for the one that can."""

    log: CheckpointStates
    quorum: Quorum
    key: PublicKey
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
        return self.quorum.reached(size) if witnessed else _covered(self.log, self.key, size)


@dataclass(slots=True)
class WearyCover:
    """`Cover` that doesn't wait for witnesses again and again: after it did in vain it only looks, for some seconds.

    Many things that need witnesses must not keep from its work whoever also does what needs none, such as stopping a
    run. `hasty` is the cover that only looks.
    """

    waiting: Cover
    hasty: Cover
    _in_vain: float = -_WEARY

    def cover(self, *, witnessed: bool = False) -> int:
        """Return once a checkpoint, cosigned where that is asked for, covers all entries so far."""
        if not witnessed:
            return self.waiting.cover()
        if time.monotonic() - self._in_vain < _WEARY:
            return self.hasty.cover(witnessed=True)
        try:
            return self.waiting.cover(witnessed=True)
        except Unreachable:
            self._in_vain = time.monotonic()
            raise


@dataclass(frozen=True, slots=True)
class HeldCover:
    """`Cover` of a process that holds the log to the key it began with; `check` raises where the log has another by now.

    What that other key signed reads as forged here, which is no reason to doubt the log.
    """

    holding: Cover
    check: Callable[[], None]

    def cover(self, *, witnessed: bool = False) -> int:
        """Return once a checkpoint, cosigned where that is asked for, covers all entries so far."""
        try:
            return self.holding.cover(witnessed=witnessed)
        except IntegrityFailure:
            self.check()
            raise
