"""Reading records back as the values they were."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError

from spe.adapters.database.tables import TABLES
from spe.audit.records import R, Stored
from spe.errors import Unreachable
from spe.values import from_data

_PAGE = 500


class DatabaseRecords:
    """`Records` over the record tables."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, kind: type[R], id: str, /) -> Stored[R] | None:  # noqa: A002 - the word of the port
        """Return the record, or None where there is none."""
        found = self._select(kind, 1, {"id": id})
        return found[0] if found else None

    def find(
        self, kind: type[R], /, *, after: str = "", limit: int = 1000, **where: Any
    ) -> tuple[Stored[R], ...]:
        """Return records whose indexed fields equal `where`, in id order after `after`, at most `limit`."""
        return self._select(kind, limit, where, after)

    def each(self, kind: type[R], /, **where: Any) -> Iterator[Stored[R]]:
        """Walk all records whose indexed fields equal `where`, page by page."""
        after = ""
        while page := self._select(kind, _PAGE, where, after):
            yield from page
            after = page[-1].value.id

    def _select(
        self, kind: type[R], limit: int, where: dict[str, Any], after: str = ""
    ) -> tuple[Stored[R], ...]:
        table = TABLES[kind]
        query = select(table.c.version, table.c.body).order_by(table.c.id).limit(limit)
        for name, value in where.items():
            query = query.where(table.c[name] == value)
        if after:
            query = query.where(table.c.id > after)
        try:
            with self._engine.connect() as connection:
                rows = connection.execute(query).all()
        except SQLAlchemyError as cause:
            raise Unreachable("the database can't be read") from cause
        return tuple(Stored(from_data(kind, json.loads(row.body)), row.version) for row in rows)
