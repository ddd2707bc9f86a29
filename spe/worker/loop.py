"""The worker: level-triggered, one pass after another; every step can be repeated, and killed at any point."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event as Flag
from typing import Protocol

import structlog

from spe.errors import SpeError
from spe.policy.trail import use_case
from spe.worker.checkpoints import Signing

_TICK = 0.05
_SLOWEST = 300.0
_MOST_DOUBLINGS = 9
_ALL = "*"
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
        self.failures[office, key] = (times, now + min(2.0 ** min(times - 1, _MOST_DOUBLINGS), _SLOWEST))

    def succeeded(self, office: str, key: str) -> None:
        """Forget earlier failures."""
        self.failures.pop((office, key), None)


@dataclass(slots=True)
class Worker:
    """All offices in their order, what is watched, and what signs.

    `surprises` counts steps that broke; `check` raises what ends the work, such as that another worker has begun.
    """

    offices: Sequence[Office]
    watched: Sequence[Watch]
    signing: Signing
    patience: Patience = field(default_factory=Patience)
    surprises: int = 0
    check: Callable[[], None] = lambda: None

    def run(self, stop: Flag) -> None:
        """Work until `stop` is raised."""
        while not stop.is_set():
            if not self.tick():
                stop.wait(_TICK)

    def tick(self) -> bool:
        """Do one pass; say whether anything was done. Raises what ended signing or fence: then nothing may go on."""
        self.check()
        if self.signing.failure is not None:
            raise self.signing.failure
        for watched in self.watched:
            self._try("watch", type(watched).__name__, watched.watch)
        done = [
            self._try(type(office).__name__, key, lambda office=office, key=key: office.reconcile(key))  # type: ignore[misc]
            for office in self.offices
            for key in self._pending(office)
        ]
        return any(done)

    def _pending(self, office: Office) -> tuple[str, ...]:
        name, now = type(office).__name__, time.monotonic()
        try:
            with use_case():
                keys = office.pending()
        except Exception as error:  # noqa: BLE001 - see _failed
            self._failed(name, _ALL, error)
            return ()
        self.patience.succeeded(name, _ALL)
        return tuple(key for key in keys if self.patience.is_over(name, key, now))

    def _try(self, office: str, key: str, step: Callable[[], object]) -> bool:
        """Do one step; say whether it was done."""
        try:
            with use_case():
                step()
        except Exception as error:  # noqa: BLE001 - see _failed
            self._failed(office, key, error)
            return False
        self.patience.succeeded(office, key)
        return True

    def _failed(self, office: str, key: str, error: Exception) -> None:
        """Tell a failure by its class only (its text may be about a person), and leave that key alone for a while.

        What nobody foresaw is told as an error and counted, and the loop goes on: other keys must be seen to. What is
        tried at every pass all the same is told no oftener than its patience ends.
        """
        now, surprise = time.monotonic(), not isinstance(error, SpeError)
        self.surprises += surprise
        if self.patience.is_over(office, key, now):
            self.patience.failed(office, key, now)
            frame = traceback.extract_tb(error.__traceback__)[-1]
            tell = _LOG.error if surprise else _LOG.warning
            tell(
                "step broke" if surprise else "step failed",
                office=office,
                key=key,
                error=type(error).__name__,
                where=f"{Path(frame.filename).name}:{frame.lineno}",
            )
