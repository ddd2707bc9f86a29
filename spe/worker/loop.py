"""The worker: level-triggered, one pass after another; every step can be repeated, and killed at any point."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Event as Flag
from typing import Protocol

import structlog

from spe.errors import SpeError
from spe.worker.checkpoints import CheckpointSigner

_TICK = 0.05
_SLOWEST = 300.0
_LOG = structlog.get_logger("spe.worker")


class Office(Protocol):
    """Something that makes things as they are wanted: `pending` says what isn't, `reconcile` does one of them."""

    def pending(self) -> tuple[str, ...]:
        """Return the keys of what is not as it should be."""
        ...

    def reconcile(self, key: str, /) -> None:
        """Bring one thing a step nearer to what it should be."""
        ...


class Watch(Protocol):
    """Something that is looked after at every tick."""

    def watch(self) -> None:
        """Look once."""
        ...


@dataclass(slots=True)
class Patience:
    """How long to leave a key alone after it failed: 1 s, then doubling up to five minutes."""

    failures: dict[tuple[str, str], tuple[int, float]] = field(default_factory=dict)

    def is_over(self, office: str, key: str, now: float) -> bool:
        """Say whether the key may be tried (again)."""
        return now >= self.failures.get((office, key), (0, 0.0))[1]

    def failed(self, office: str, key: str, now: float) -> None:
        """Note a failure."""
        times = self.failures.get((office, key), (0, 0.0))[0] + 1
        self.failures[office, key] = (times, now + min(2.0 ** (times - 1), _SLOWEST))

    def succeeded(self, office: str, key: str) -> None:
        """Forget earlier failures."""
        self.failures.pop((office, key), None)


@dataclass(slots=True)
class Worker:
    """All offices in their order, what is watched, and the checkpoint signer."""

    offices: Sequence[Office]
    watched: Sequence[Watch]
    signer: CheckpointSigner
    patience: Patience = field(default_factory=Patience)

    def run(self, stop: Flag) -> None:
        """Work until `stop` is raised."""
        while not stop.is_set():
            if not self.tick():
                stop.wait(_TICK)

    def tick(self) -> bool:
        """Do one pass; say whether anything was done."""
        for watched in self.watched:
            self._try("watch", type(watched).__name__, watched.watch)
        done = [
            self._try(type(office).__name__, key, lambda office=office, key=key: office.reconcile(key))  # type: ignore[misc]
            for office in self.offices
            for key in self._pending(office)
        ]
        self._try("checkpoint", "", self.signer.sign)
        return any(done)

    def _pending(self, office: Office) -> tuple[str, ...]:
        name, now = type(office).__name__, time.monotonic()
        try:
            keys = office.pending()
        except SpeError as error:
            _LOG.warning("pending failed", office=name, error=type(error).__name__)
            return ()
        return tuple(key for key in keys if self.patience.is_over(name, key, now))

    def _try(self, office: str, key: str, step: Callable[[], object]) -> bool:
        """Do one step; a failure is told by its class only (its text may be about a person) and tried again later."""
        try:
            step()
        except SpeError as error:
            _LOG.warning("step failed", office=office, key=key, error=type(error).__name__)
            self.patience.failed(office, key, time.monotonic())
            return False
        self.patience.succeeded(office, key)
        return True
