"""Group commit: one writer thread a process puts all Changes that wait into one transaction.

Whether a Change still fits is judged inside the transaction, against the stored versions and against what earlier
Changes of the same batch did; one that no longer fits fails alone, the rest commit together.

The writer encodes what is little work, since callers that encode at the same time take Python's global lock from it and
from each other. After a batch it waits for those whom it answered to come again, at most for half as long as that batch took: so two
halves of the callers don't wait for each other's syncs. One caller alone never waits for others.
"""

from __future__ import annotations

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
from spe.adapters.database.waiting import Queue, Waiting
from spe.audit.change import Change
from spe.audit.encode import Identities, names_subjects
from spe.errors import Conflict, NotKnownYet, SpeError, Unreachable

_LARGEST_BATCH = 256
_LITTLE = 8
_PATIENCE = 2.0
_LONGEST = 30.0
_LONGEST_LINGER = 0.002


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
        self._queue = Queue()
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
        waiting = Waiting(change if _is_little(change) else self._prepared(change))
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
        self._queue.close()
        self._thread.join(_LONGEST)

    def _refuse_while_hanging(self) -> None:
        """Raise where the write that goes on has cost somebody their patience: their next commit must not wait as well."""
        began = self._began
        if began is not None and (began == self._hung or time.monotonic() - began > self._patience):
            raise Unreachable("the log hangs, so nothing was done")

    def _write(self) -> None:
        expected, linger = 1, 0.0
        while taken := self._queue.take(_LARGEST_BATCH, expected, linger):
            began = self._began = time.monotonic()
            answers = self._batch(taken)
            linger = min((time.monotonic() - began) / 2, _LONGEST_LINGER)
            expected = len(answers) + self._queue.count()
            for waiting, answer in answers:
                waiting.answer(answer)
            self._began = None

    def _batch(self, taken: list[Waiting]) -> list[tuple[Waiting, int | SpeError]]:
        """Commit what was taken and what else waits by the time the lock is ours; return what to answer."""
        begun: list[Waiting] = []
        try:
            ready = self._encoded(taken)
            with writing(self._engine) as connection:
                late = self._queue.more(_LARGEST_BATCH - len(taken))
                taken += late
                ready |= self._encoded(late)
                begun += (one for one in ready if one.begin())
                answers = _transact(connection, [ready[one] for one in begun], self._token)
        except Exception as cause:  # noqa: BLE001 - this thread must outlive whatever is wrong with one batch
            failure = cause if isinstance(cause, SpeError) else _failed(cause)
            begun = begun or [one for one in taken if one.begin()]
            answers = [failure] * len(begun)
        return list(zip(begun, answers, strict=True))

    def _encoded(self, taken: Sequence[Waiting]) -> dict[Waiting, Prepared]:
        """Return the Changes as they will be stored; the callers of those that can't be hear so at once."""
        ready: dict[Waiting, Prepared] = {}
        for one in taken:
            try:
                ready[one] = self._prepared(one.change)
            except Exception as cause:  # noqa: BLE001 - whatever is wrong with it is its caller's alone
                if one.begin():
                    one.answer(cause)
        return ready

    def _prepared(self, change: Change | Prepared) -> Prepared:
        return change if isinstance(change, Prepared) else prepare(change, self._identities)


def _is_little(change: Change) -> bool:
    """Say whether it takes little to encode it, and no key of a subject, for which another database is read or written."""
    rows = len(change.entries) + len(change.puts) + len(change.facts)
    return rows <= _LITTLE and not any(names_subjects(entry.event) for entry in change.entries)


def _transact(connection: Connection, changes: Sequence[Prepared], token: str | None) -> list[int | SpeError]:
    with closing(Driver(connection)) as driver:
        batch = Batch(driver, changes, token)
        answers = [_added(batch, change) for change in changes]
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
