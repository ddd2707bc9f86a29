"""Group commit: one writer thread a process puts all Changes that wait into one transaction.

Whether a Change still fits is judged inside the transaction, against the stored versions and against what earlier
Changes of the same batch did; one that no longer fits fails alone, the rest commit together.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Sequence
from contextlib import closing

from sqlalchemy import Connection, Engine

from spe.adapters.database.batch import Batch
from spe.adapters.database.driver import Driver
from spe.adapters.database.engine import writing
from spe.adapters.database.fence import WorkerFence
from spe.adapters.database.prepared import Prepared, prepare
from spe.audit.change import Change
from spe.audit.encode import Identities
from spe.errors import Conflict, NotKnownYet, SpeError, Unreachable

_LARGEST_BATCH = 256
_PATIENCE = 2.0
_LONGEST = 30.0


class _Waiting:
    """A Change whose caller waits. Two bare locks: a Future's conditions take as long as all else that is done here.

    `begin` succeeds once: for the writer, which then answers, or for the caller, and then it never happens.
    """

    __slots__ = ("_answer", "_begun", "_silent", "change")

    def __init__(self, change: Prepared) -> None:
        self.change = change
        self._answer: int | SpeError | None = None
        self._begun = threading.Lock()
        self._silent = threading.Lock()
        self._silent.acquire()

    def begin(self) -> bool:
        """Say whether it is yours: nobody else began it, nor will."""
        return self._begun.acquire(blocking=False)

    def answer(self, answer: int | SpeError) -> None:
        """Tell the caller what became of it."""
        self._answer = answer
        self._silent.release()

    def heard(self, patience: float) -> int | None:
        """Return the answer or raise it; None where there is none within `patience` seconds."""
        if not self._silent.acquire(timeout=patience):
            return None
        if isinstance(self._answer, SpeError):
            raise self._answer
        return self._answer


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
        self._token: str | None = None
        self._began: float | None = None
        self._hung: float | None = None
        self._queue: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="committer", daemon=True)
        self._thread.start()

    def fenced_by(self, token: str) -> None:
        """Commit from now on only as the worker whose token this is: `Fenced` once another has begun."""
        self._token = token

    def work_alone(self) -> WorkerFence:
        """Become the one worker of this installation, or raise `Unreachable`; every commit shows it from here on.

        On one machine the lock of the worker's file must be held before.
        """
        fence = WorkerFence(self._engine)
        self.fenced_by(fence.token)
        return fence

    def commit(self, change: Change) -> int:
        """Commit all of `change` and return its last entry's index; `Malformed` where it can't be stored."""
        if not change.entries:
            raise Unreachable("a change without an entry is never committed")
        self._refuse_while_hanging()
        waiting = _Waiting(prepare(change, self._identities))
        self._queue.put(waiting)
        index = waiting.heard(self._patience)
        if index is None:
            self._hung = self._began
            if waiting.begin():
                raise Unreachable("the log did not answer in time, so nothing was done")
            index = waiting.heard(0)
        if index is None:
            raise NotKnownYet("the log did not answer in time")
        return index

    def close(self) -> None:
        """Write what waits and end the thread."""
        self._queue.put(None)
        self._thread.join(_LONGEST)

    def _refuse_while_hanging(self) -> None:
        """Raise where the write that goes on has cost somebody their patience: their next commit must not wait as well."""
        began = self._began
        if began is not None and (began == self._hung or time.monotonic() - began > self._patience):
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
        last, begun = False, list[_Waiting]()
        try:
            with writing(self._engine) as connection:
                last = self._gather(taken)
                begun += (one for one in taken if one.begin())
                answers = _transact(connection, begun, self._token)
        except Exception as cause:  # noqa: BLE001 - this thread must outlive whatever is wrong with one batch
            failure = cause if isinstance(cause, SpeError) else _failed(cause)
            begun = begun or [one for one in taken if one.begin()]
            answers = [failure] * len(begun)
        for waiting, answer in zip(begun, answers, strict=True):
            waiting.answer(answer)
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


def _transact(connection: Connection, taken: Sequence[_Waiting], token: str | None) -> list[int | SpeError]:
    with closing(Driver(connection)) as driver:
        batch = Batch(driver, [waiting.change for waiting in taken], token)
        answers = [_added(batch, waiting.change) for waiting in taken]
        batch.flush()
    return answers


def _added(batch: Batch, change: Prepared) -> int | SpeError:
    try:
        return batch.add(change)
    except Conflict as conflict:
        return conflict


def _failed(cause: Exception) -> Unreachable:
    failure = Unreachable("the log can't be written, so nothing was done")
    failure.__cause__ = cause
    return failure
