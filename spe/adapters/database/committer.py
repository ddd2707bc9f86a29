"""Group commit: one writer thread a process puts all Changes that wait into one transaction.

Whether a Change still fits is judged inside the transaction, against the stored versions and against what earlier
Changes of the same batch did; one that no longer fits fails alone, the rest commit together.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future, InvalidStateError
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import suppress

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from spe.adapters.database.batch import Batch
from spe.audit.change import Change
from spe.audit.encode import Identities, encode
from spe.errors import SpeError, Unreachable

_LARGEST_BATCH = 256
_PATIENCE = 15.0

Waiting = tuple[Change, tuple[bytes, ...], "Future[int]"]


class DatabaseCommitter:
    """`Committer` over one database; `close` ends its thread."""

    def __init__(self, engine: Engine, identities: Identities) -> None:
        self._engine = engine
        self._identities = identities
        self._waiting: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="committer", daemon=True)
        self._thread.start()

    def commit(self, change: Change) -> int:
        """Commit all of `change` and return its last entry's index."""
        if not change.entries:
            raise Unreachable("a change without an entry is never committed")
        entries = tuple(encode(entry, self._identities) for entry in change.entries)
        done: Future[int] = Future()
        self._waiting.put((change, entries, done))
        try:
            return done.result(_PATIENCE)
        except FutureTimeoutError:
            done.cancel()
            raise Unreachable("the log did not answer in time") from None

    def close(self) -> None:
        """Write what waits and end the thread."""
        self._waiting.put(None)
        self._thread.join()

    def _write(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch, last = self._gather(first)
            self._commit([waiting for waiting in batch if waiting[2].set_running_or_notify_cancel()])
            if last:
                return

    def _gather(self, first: Waiting) -> tuple[list[Waiting], bool]:
        batch = [first]
        while len(batch) < _LARGEST_BATCH:
            try:
                waiting = self._waiting.get_nowait()
            except queue.Empty:
                return batch, False
            if waiting is None:
                return batch, True
            batch.append(waiting)
        return batch, False

    def _commit(self, waiting: Sequence[Waiting]) -> None:
        try:
            with self._engine.connect() as connection:
                answers = self._transact(connection, waiting)
        except SQLAlchemyError as cause:
            failure = Unreachable("the log can't be written, so nothing was done")
            failure.__cause__ = cause
            answers = [failure] * len(waiting)
        for (_, _, done), answer in zip(waiting, answers, strict=True):
            with suppress(InvalidStateError):
                if isinstance(answer, SpeError):
                    done.set_exception(answer)
                else:
                    done.set_result(answer)

    def _transact(self, connection: Connection, waiting: Sequence[Waiting]) -> list[int | SpeError]:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        batch = Batch(connection)
        answers: list[int | SpeError] = []
        for change, entries, _ in waiting:
            try:
                answers.append(batch.add(change, entries))
            except SpeError as refusal:
                answers.append(refusal)
        batch.flush()
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("COMMIT")
        connection.commit()
        return answers
