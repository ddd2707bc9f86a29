"""The one worker of an installation, on whatever machine: a lock that is held, and a token that every commit shows."""

from __future__ import annotations

import secrets
import select
from contextlib import suppress
from typing import Any

from sqlalchemy import Connection, Engine, insert, text, update
from sqlalchemy.exc import SQLAlchemyError

from spe.adapters.database.engine import unreachable, writing
from spe.adapters.database.tables import MARK
from spe.audit.cover import Fenced
from spe.errors import Unreachable

WORKER_LOCK = 0x5350_4500_0000_0002
WORKER = "worker"


class WorkerFence:
    """Held by one worker at a time; `token` is in the database as long as no other has begun.

    On PostgreSQL it is an advisory lock of a session of its own, which the server lets go when the session ends; `check`
    notices that. A worker that was cut off from the server and does not know yet can't commit any more once another has
    begun: the token is compared in every transaction. SQLite's one machine has a file's lock instead, taken elsewhere.
    """

    def __init__(self, engine: Engine) -> None:
        self._session = _locked(engine) if engine.dialect.name == "postgresql" else None
        self.token = secrets.token_hex(8)
        try:
            _begin(engine, self.token)
        except BaseException:
            self.release()
            raise

    def check(self) -> None:
        """Raise `Fenced` where the session that holds the lock is over."""
        if self._session is None:
            return
        raw: Any = self._session.connection.driver_connection
        watch = select.poll()
        if not raw.closed:
            watch.register(raw.fileno(), select.POLLIN)
        if raw.closed or watch.poll(0):
            raise Fenced("the database let go of this worker's lock, so another may have begun")

    def release(self) -> None:
        """Let go of it, at once where the server can still be told."""
        if self._session is None:
            return
        with suppress(SQLAlchemyError):
            self._session.execute(text("SELECT pg_advisory_unlock_all()"))
        self._session.invalidate()
        self._session.close()


def _locked(engine: Engine) -> Connection:
    with unreachable("the database can't be reached"):
        session = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        try:
            if session.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": WORKER_LOCK}):
                return session
        except SQLAlchemyError:
            session.close()
            raise
    session.close()
    raise Unreachable("another worker of this installation is running already")


def _begin(engine: Engine, token: str) -> None:
    with unreachable("the database can't be written"), writing(engine) as connection:
        if connection.execute(update(MARK).where(MARK.c.name == WORKER), {"value": token}).rowcount == 0:
            connection.execute(insert(MARK), {"name": WORKER, "value": token})
