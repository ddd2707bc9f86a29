"""The log as it is stored: entries, head, checkpoints, and marks of the installation."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select, update

from spe.adapters.database.engine import reading, rewrite, unreachable, writing
from spe.adapters.database.tables import ANSWER, CHECKPOINT, COSIGNATURE, HEAD, LOG, MARK, OUTBOX, TILE
from spe.audit.cosigned import Witnessed
from spe.audit.cover import CheckpointState, Fenced
from spe.audit.merkle import CompactRange
from spe.audit.receipts import Happened
from spe.audit.tiles import Tile
from spe.errors import IntegrityFailure

_PAGE = 1000
_MOST_COSIGNATURES = 256
_LAST = 2**62
_WANTED = "checkpoint-wanted"
_SIGNER = "checkpoint-signer"


class DatabaseLog:
    """Reads the log; all it writes are checkpoints with what belongs to them, and marks."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create(self) -> None:
        """Put an empty head where there is none."""
        with self._writing() as connection:
            if connection.execute(select(HEAD.c.id)).first() is None:
                connection.execute(insert(HEAD), {"id": 1, "size": 0, "range": b""})

    def head(self) -> CompactRange:
        """Return size and hashes of the log as it is now; `IntegrityFailure` where it has no head, or two."""
        with self._reading() as connection:
            rows = connection.execute(select(HEAD)).all()
        if len(rows) != 1:
            raise IntegrityFailure(f"the log has {len(rows) or 'no'} head rows")
        return CompactRange.parse(rows[0].size, rows[0].range)

    def entries(self, start: int = 0, end: int = 2**62) -> Iterator[tuple[int, bytes]]:
        """Walk the entries from `start` up to, not including, `end`, in constant memory."""
        at, end = min(start, _LAST), min(end, _LAST)
        while page := self._page(at, end):
            yield from page
            at = page[-1][0] + 1

    def checkpoints(self) -> dict[int, str]:
        """Return every signed checkpoint by its size."""
        query = select(CHECKPOINT).order_by(CHECKPOINT.c.size)
        with self._reading() as connection:
            return {row.size: row.note for row in connection.execute(query)}

    def latest_checkpoint(self) -> tuple[int, str] | None:
        """Return the newest checkpoint."""
        query = select(CHECKPOINT).order_by(CHECKPOINT.c.size.desc()).limit(1)
        with self._reading() as connection:
            row = connection.execute(query).one_or_none()
        return (row.size, row.note) if row else None

    def checkpoint(self, size: int) -> str | None:
        """Return the note of the checkpoint of that size."""
        with self._reading() as connection:
            return connection.scalar(select(CHECKPOINT.c.note).where(CHECKPOINT.c.size == size))

    def checkpoint_state(self) -> CheckpointState:
        """Return how large the log is, how much of it is signed, and how much somebody waits to see signed."""
        signed = select(func.max(CHECKPOINT.c.size)).scalar_subquery()
        wanted = select(MARK.c.value).where(MARK.c.name == _WANTED).scalar_subquery()
        with self._reading() as connection:
            size, done, asked = connection.execute(select(HEAD.c.size, signed, wanted)).one()
        return CheckpointState(size, done or 0, int(asked or 0))

    def want_checkpoint(self, size: int) -> None:
        """Say that somebody waits for a checkpoint of at least `size` entries."""
        self.set_mark(_WANTED, str(size))

    def begin_signing(self) -> str:
        """Become the one signer: whoever signed before can keep no checkpoint from here on. Return the token."""
        token = secrets.token_hex(8)
        self.set_mark(_SIGNER, token)
        return token

    def keep_checkpoint(self, token: str, size: int, note: str, tiles: Sequence[Tile] = ()) -> None:
        """Keep a signed checkpoint with the tiles it filled; `Fenced` if another signer has begun since."""
        rows = [asdict(tile) for tile in tiles]
        with self._writing() as connection:
            if connection.scalar(select(MARK.c.value).where(MARK.c.name == _SIGNER)) != token:
                raise Fenced("another process has begun to sign checkpoints")
            if rows:
                connection.execute(insert(TILE), rows)
            connection.execute(insert(CHECKPOINT), {"size": size, "note": note})

    def tile(self, level: int, number: int) -> bytes | None:
        """Return a full tile's hashes, or None where it isn't full under a checkpoint yet."""
        query = select(TILE.c.hashes).where(TILE.c.level == level, TILE.c.number == number)
        with self._reading() as connection:
            return connection.scalar(query)

    def tile_roots(self, level: int, first: int, count: int) -> list[bytes]:
        """Return the roots of full tiles from number `first` on, at most `count`."""
        query = select(TILE.c.root).where(TILE.c.level == level, TILE.c.number >= first)
        with self._reading() as connection:
            return list(connection.scalars(query.order_by(TILE.c.number).limit(count)))

    def cosignatures(self, size: int) -> tuple[str, ...]:
        """Return the witnesses' signature lines under the checkpoint of `size`."""
        query = select(COSIGNATURE.c.line).where(COSIGNATURE.c.size == size).order_by(COSIGNATURE.c.witness)
        with self._reading() as connection:
            return tuple(connection.scalars(query))

    def cosigned_from(self, size: int) -> tuple[Witnessed, ...]:
        """Return cosignatures of checkpoints over at least `size` entries, the newest of them, newest first."""
        same = CHECKPOINT.c.size == COSIGNATURE.c.size
        query = (
            select(CHECKPOINT.c.size, CHECKPOINT.c.note, COSIGNATURE.c.line)
            .join(COSIGNATURE, same)
            .where(CHECKPOINT.c.size >= size)
            .order_by(CHECKPOINT.c.size.desc(), COSIGNATURE.c.witness)
            .limit(_MOST_COSIGNATURES)
        )
        with self._reading() as connection:
            return tuple(Witnessed(row.size, row.note, row.line) for row in connection.execute(query))

    def keep_cosignature(self, size: int, witness: str, line: str) -> None:
        """Keep a witness' signature line under the checkpoint of `size`; the first one stays."""
        row = {"size": size, "witness": witness, "line": line}
        there = select(COSIGNATURE.c.size).where(COSIGNATURE.c.size == size, COSIGNATURE.c.witness == witness)
        with self._writing() as connection:
            if connection.execute(there).first() is None:
                connection.execute(insert(COSIGNATURE), row)

    def mark(self, name: str) -> str | None:
        """Return a mark of the installation, such as the policy bundle in force."""
        with self._reading() as connection:
            return connection.scalar(select(MARK.c.value).where(MARK.c.name == name))

    def set_mark(self, name: str, value: str) -> None:
        """Set a mark, replacing what was there."""
        change = update(MARK).where(MARK.c.name == name)
        with self._writing() as connection:
            if connection.execute(change, {"value": value}).rowcount == 0:
                connection.execute(insert(MARK), {"name": name, "value": value})

    def outbox(self, limit: int = 100) -> tuple[Happened, ...]:
        """Return facts that were not handed to every holder yet, in the order of the log."""
        query = select(OUTBOX).where(OUTBOX.c.handled == 0).order_by(OUTBOX.c.id).limit(limit)
        with self._reading() as connection:
            rows = connection.execute(query).all()
        return tuple(Happened(row.id, row.kind, row.about, json.loads(row.data), row.at) for row in rows)

    def answered(self, key: str) -> tuple[str, Mapping[str, Any]] | None:
        """Return the digest of the call that had this key and what was answered, or None."""
        with self._reading() as connection:
            row = connection.execute(select(ANSWER).where(ANSWER.c.key == key)).one_or_none()
        return (row.digest, json.loads(row.answer)) if row else None

    def shed(self) -> None:
        """Let nothing that was deleted or replaced stay in the database's files; `Unreachable` while somebody reads."""
        rewrite(self._engine)

    def _page(self, start: int, end: int) -> list[tuple[int, bytes]]:
        query = select(LOG).where(LOG.c.index >= start, LOG.c.index < end).order_by(LOG.c.index).limit(_PAGE)
        with self._reading() as connection:
            return [(int(row[0]), bytes(row[1])) for row in connection.execute(query)]

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with reading(self._engine, "the log can't be read") as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with unreachable("the log can't be written"), writing(self._engine) as connection:
            yield connection
