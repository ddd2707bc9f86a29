"""Signing checkpoints: one signer an installation, fenced by a lock and by a token in the database."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import structlog

from spe.audit.checkpoint import Checkpoint, sign_checkpoint
from spe.audit.cover import CheckpointState, CheckpointStates, Cover, Fenced, signed_rows
from spe.audit.merkle import CompactRange, leaf_hash
from spe.audit.tiles import Rows, Tile
from spe.crypto.signing import SigningKey
from spe.errors import IntegrityFailure, SpeError, Unreachable

_MOST_UNSIGNED = 256
_LONGEST_UNSIGNED = 0.8
_LOOK_EVERY = 0.02
_LOG = structlog.get_logger("spe.worker")


class Log(CheckpointStates, Protocol):
    """The log as a signer needs it."""

    def begin_signing(self) -> str:
        """Become the one signer, and return the token that says so."""
        ...

    def keep_checkpoint(self, token: str, size: int, note: str, tiles: list[Tile]) -> None:
        """Keep a signed checkpoint with the tiles it filled; `Fenced` if another signer has begun since."""
        ...


class Fence:
    """Held by the one process that may sign checkpoints; a second one can't have it."""

    def __init__(self, path: Path) -> None:
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._handle)
            raise Unreachable("another worker of this installation is running already") from None

    def release(self) -> None:
        """Let go of it."""
        os.close(self._handle)


@dataclass(slots=True)
class CheckpointSigner:
    """Signs the log's head, but only where it continues what was signed before, entry by entry.

    It hashes every new entry itself: entries or hashes that somebody changed in the database since the last checkpoint
    are never signed.
    """

    log: Log
    key: SigningKey
    _token: str = ""
    _signed: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self) -> None:
        """Become the one signer; the one before, should it still run, can keep no checkpoint from here on."""
        self._token = self.log.begin_signing()

    def sign(self) -> int:
        """Sign a checkpoint if the log has grown since the last, and return the size that is signed by now.

        `IntegrityFailure` where entries, tiles or head aren't what was signed; `Fenced` where another signer began.
        """
        with self._lock:
            head = self.log.head()
            rows = self._continued()
            if head.size < rows.size:
                raise IntegrityFailure(f"the log has {head.size} entries, but {rows.size} are signed")
            if head.size > rows.size:
                self._sign(head, rows, head.size)
            return head.size

    def hand_over(self, new: SigningKey, size: int) -> None:
        """Sign a checkpoint of exactly `size` entries together with the key that signs from then on.

        Fails as `sign` does, and where as many are signed already.
        """
        with self._lock:
            head, rows = self.log.head(), self._continued()
            if not rows.size < size <= head.size:
                raise IntegrityFailure(f"{rows.size} entries are signed: there is no handing over at {size}")
            self._sign(head, rows, size, new)

    def _sign(self, head: CompactRange, rows: Rows, size: int, *more: SigningKey) -> None:
        """Sign the log as it was at `size`, with all entries up to the head being those that it was made of."""
        signed, edge = rows.size, head
        tiles: list[Tile] = []
        for _, entry in self.log.entries(signed, head.size):
            filled = list(rows.add(leaf_hash(entry)))
            if rows.size <= size:
                tiles += filled
            if rows.size == size != head.size:
                edge = rows.range()
        if rows.size != head.size or rows.range() != head:
            raise IntegrityFailure(
                f"the log's entries after {signed} are not those that its head was made of"
            )
        note = sign_checkpoint(Checkpoint(self.key.public.name, size, edge.root()), self.key, *more)
        self.log.keep_checkpoint(self._token, size, note, tiles)
        self._signed = size

    def _continued(self) -> Rows:
        """Return the edge of what is signed; it never goes back behind what this process signed itself."""
        rows = signed_rows(self.log, self.key.public)
        if rows.size < self._signed:
            raise IntegrityFailure(f"the checkpoint of {self._signed} entries that was signed here is gone")
        return rows


@dataclass(slots=True)
class Signing:
    """Signs beside everything else the worker does: after 256 entries, within a second, or when somebody waits.

    `signed` hears every size that was signed, and must not keep it waiting. What can't be mended by trying again ends
    it, and is kept in `failure` for the worker to stop with.
    """

    signer: CheckpointSigner
    signed: Callable[[int], None] = lambda _size: None
    failure: SpeError | None = None
    _since: float = 0.0
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, and sign what is unsigned first."""
        self.signer.begin()
        self.now()
        self._thread = threading.Thread(target=self._run, name="signing", daemon=True)
        self._thread.start()

    def now(self) -> int:
        """Sign what is unsigned, and return the size that is signed by now; fails as `CheckpointSigner.sign` does."""
        if self.failure is not None:
            raise self.failure
        try:
            size = self.signer.sign()
        except (Fenced, IntegrityFailure) as error:
            self.failure = error
            raise
        self.signed(size)
        return size

    def close(self) -> None:
        """End it; what is unsigned then is signed at the next start."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(_LOOK_EVERY):
            try:
                self._look()
            except (Fenced, IntegrityFailure) as error:
                _LOG.error("signing ended", error=type(error).__name__, what=str(error))
                return
            except SpeError as error:
                _LOG.warning("signing failed", error=type(error).__name__)
                self._stop.wait(_LONGEST_UNSIGNED)

    def _look(self) -> None:
        state = self.signer.log.checkpoint_state()
        if self._is_due(state):
            self._since = 0.0
            self.now()

    def _is_due(self, state: CheckpointState) -> bool:
        unsigned, now = state.size - state.signed, time.monotonic()
        self._since = (self._since or now) if unsigned else 0.0
        return unsigned != 0 and (
            unsigned >= _MOST_UNSIGNED
            or state.wanted > state.signed
            or now - self._since >= _LONGEST_UNSIGNED
        )


@dataclass(frozen=True, slots=True)
class SigningCover:
    """`Cover` of the process that signs: it needs to wait for nobody but the witnesses."""

    signing: Signing
    waiting: Cover

    def cover(self, *, witnessed: bool = False) -> int:
        """Sign all entries so far, and have them cosigned where that is asked for."""
        size = self.signing.now()
        return self.waiting.cover(witnessed=True) if witnessed else size
