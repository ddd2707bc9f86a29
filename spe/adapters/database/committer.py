"""Group commit: one writer thread a process puts all Changes that wait into one transaction.

Whether a Change still fits is judged inside the transaction, against the stored versions and against what earlier
Changes of the same batch did; one that no longer fits fails alone, the rest commit together.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine

from spe.adapters.database.batch import Batch
from spe.adapters.database.engine import NotKnownYet, writing
from spe.adapters.database.prepared import Prepared, prepare
from spe.audit.change import Change
from spe.audit.encode import Identities
from spe.errors import Conflict, SpeError, Unreachable

_LARGEST_BATCH = 256
_PATIENCE = 2.0
_LONGEST = 30.0


@dataclass(frozen=True, slots=True)
class _Waiting:
    change: Prepared
    done: Future[int] = field(default_factory=Future)

    def fail(self, failure: SpeError) -> None:
        """Answer with `failure`, unless whoever waited is gone."""
        if self.done.running() or self.done.set_running_or_notify_cancel():
            self.done.set_exception(failure)


class DatabaseCommitter:
    """`Committer` over one database; `close` ends its thread.

    No caller waits longer than `patience` seconds. A Change that is not begun by then is taken back and never happens;
    of one that is begun its caller hears that it isn't known yet. While a write hangs that long, others are refused
    at once. After a failed sync everything is (`ReadOnly`).
    """

    def __init__(self, engine: Engine, identities: Identities, *, patience: float = _PATIENCE) -> None:
        self._engine = engine
        self._identities = identities
        self._patience = patience
        self._began: float | None = None
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="committer", daemon=True)
        self._thread.start()

    def commit(self, change: Change) -> int:
        """Commit all of `change` and return its last entry's index; `Malformed` where it can't be stored."""
        if not change.entries:
            raise Unreachable("a change without an entry is never committed")
        self._refuse_while_hanging()
        waiting = _Waiting(prepare(change, self._identities))
        self._queue.put(waiting)
        try:
            return waiting.done.result(self._patience)
        except FutureTimeoutError:
            if waiting.done.cancel():
                raise Unreachable("the log did not answer in time, so nothing was done") from None
            return _outcome(waiting.done)

    def close(self) -> None:
        """Write what waits and end the thread."""
        self._queue.put(None)
        self._thread.join(_LONGEST)

    def _refuse_while_hanging(self) -> None:
        began = self._began
        if began is not None and time.monotonic() - began > self._patience:
            raise Unreachable("the log hangs, so nothing was done")

    def _write(self) -> None:
        while (first := self._queue.get()) is not None:
            self._began = time.monotonic()
            last = self._batch([first])
            self._began = None
            if last:
                return

    def _batch(self, taken: list[_Waiting]) -> bool:
        """Commit what was taken and what else waits by the time the lock is ours; say whether it was the last."""
        last = False
        try:
            with writing(self._engine) as connection:
                last = self._gather(taken)
                taken[:] = [one for one in taken if one.done.set_running_or_notify_cancel()]
                answers = _transact(connection, taken)
        except Exception as cause:  # noqa: BLE001 - this thread must outlive whatever is wrong with one batch
            failure = cause if isinstance(cause, SpeError) else _failed(cause)
            answers = [failure] * len(taken)
        for waiting, answer in zip(taken, answers, strict=True):
            if isinstance(answer, SpeError):
                waiting.fail(answer)
            else:
                waiting.done.set_result(answer)
        return last

    def _gather(self, taken: list[_Waiting]) -> bool:
        while len(taken) < _LARGEST_BATCH:
            try:
                waiting = self._queue.get_nowait()
            except queue.Empty:
                return False
            if waiting is None:
                return True
            taken.append(waiting)
        return False


def _outcome(done: Future[int]) -> int:
    """Return what became of a Change that was begun, if that is known by now."""
    try:
        return done.result(0)
    except FutureTimeoutError:
        raise NotKnownYet("the log did not answer in time") from None


def _transact(connection: Connection, taken: Sequence[_Waiting]) -> list[int | SpeError]:
    batch = Batch(connection, [waiting.change for waiting in taken])
    answers: list[int | SpeError] = []
    for waiting in taken:
        try:
            answers.append(batch.add(waiting.change))
        except Conflict as conflict:
            answers.append(conflict)
    batch.flush()
    return answers


def _failed(cause: Exception) -> Unreachable:
    failure = Unreachable("the log can't be written, so nothing was done")
    failure.__cause__ = cause
    return failure
