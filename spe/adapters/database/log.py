"""The log as it is stored: entries, head, checkpoints, and marks of the installation."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Engine, insert, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from spe.adapters.database.tables import ANSWER, CHECKPOINT, HEAD, LOG, MARK, OUTBOX
from spe.audit.merkle import CompactRange
from spe.audit.receipts import Happened
from spe.errors import Unreachable

_PAGE = 1000


class DatabaseLog:
    """Reads the log; the only thing it writes are checkpoints and marks."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create(self) -> None:
        """Put an empty head where there is none."""
        with self._engine.begin() as connection:
            if connection.execute(select(HEAD.c.id)).first() is None:
                connection.execute(insert(HEAD), {"id": 1, "size": 0, "range": b""})

    def head(self) -> CompactRange:
        """Return size and hashes of the log as it is now."""
        try:
            with self._engine.connect() as connection:
                row = connection.execute(select(HEAD)).one()
        except SQLAlchemyError as cause:
            raise Unreachable("the log can't be read") from cause
        return CompactRange.parse(row.size, row.range)

    def entries(self, start: int = 0, end: int = 2**62) -> Iterator[tuple[int, bytes]]:
        """Walk the entries from `start` up to, not including, `end`, in constant memory."""
        at = start
        while page := self._page(at, end):
            yield from page
            at = page[-1][0] + 1

    def checkpoints(self) -> dict[int, str]:
        """Return every signed checkpoint by its size."""
        with self._engine.connect() as connection:
            return {
                row.size: row.note
                for row in connection.execute(select(CHECKPOINT).order_by(CHECKPOINT.c.size))
            }

    def latest_checkpoint(self) -> tuple[int, str] | None:
        """Return the newest checkpoint."""
        with self._engine.connect() as connection:
            row = connection.execute(
                select(CHECKPOINT).order_by(CHECKPOINT.c.size.desc()).limit(1)
            ).one_or_none()
        return (row.size, row.note) if row else None

    def keep_checkpoint(self, size: int, note: str) -> None:
        """Keep a signed checkpoint."""
        with self._engine.begin() as connection:
            connection.execute(insert(CHECKPOINT), {"size": size, "note": note})

    def mark(self, name: str) -> str | None:
        """Return a mark of the installation, such as the policy bundle in force."""
        with self._engine.connect() as connection:
            return connection.scalar(select(MARK.c.value).where(MARK.c.name == name))

    def set_mark(self, name: str, value: str) -> None:
        """Set a mark, replacing what was there."""
        row = {"name": name, "value": value}
        try:
            with self._engine.begin() as connection:
                if (
                    connection.execute(update(MARK).where(MARK.c.name == name), {"value": value}).rowcount
                    == 0
                ):
                    connection.execute(insert(MARK), row)
        except IntegrityError:
            self.set_mark(name, value)

    def outbox(self, limit: int = 100) -> tuple[Happened, ...]:
        """Return facts that were not handed to every holder yet, oldest first."""
        query = select(OUTBOX).where(OUTBOX.c.handled == 0).order_by(OUTBOX.c.id).limit(limit)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return tuple(Happened(row.id, row.kind, row.about, json.loads(row.data), row.at) for row in rows)

    def answered(self, key: str) -> tuple[str, Mapping[str, Any]] | None:
        """Return the digest of the call that had this key and what was answered, or None."""
        with self._engine.connect() as connection:
            row = connection.execute(select(ANSWER).where(ANSWER.c.key == key)).one_or_none()
        return (row.digest, json.loads(row.answer)) if row else None

    def _page(self, start: int, end: int) -> list[tuple[int, bytes]]:
        query = select(LOG).where(LOG.c.index >= start, LOG.c.index < end).order_by(LOG.c.index).limit(_PAGE)
        with self._engine.connect() as connection:
            return [(int(row[0]), bytes(row[1])) for row in connection.execute(query)]
