"""Signing checkpoints: one signer an installation, fenced by a lock on the key."""

from __future__ import annotations

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from spe.audit.checkpoint import Checkpoint, sign_checkpoint
from spe.audit.merkle import CompactRange
from spe.crypto.signing import SigningKey
from spe.errors import Unreachable


class Log(Protocol):
    """The log as a signer needs it."""

    def head(self) -> CompactRange:
        """Return size and hashes of the log as it is now."""
        ...

    def latest_checkpoint(self) -> tuple[int, str] | None:
        """Return the newest checkpoint."""
        ...

    def keep_checkpoint(self, size: int, note: str) -> None:
        """Keep a signed checkpoint."""
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


@dataclass(frozen=True, slots=True)
class CheckpointSigner:
    """Signs the head of the log whenever there is something new."""

    log: Log
    key: SigningKey

    def sign(self) -> bool:
        """Sign a checkpoint if the log has grown since the last; say whether one was signed."""
        head, latest = self.log.head(), self.log.latest_checkpoint()
        if head.size == 0 or (latest is not None and latest[0] >= head.size):
            return False
        checkpoint = Checkpoint(self.key.public.name, head.size, head.root())
        self.log.keep_checkpoint(head.size, sign_checkpoint(checkpoint, self.key))
        return True
