"""Reading records back as the values they were."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Engine, select

from spe.adapters.database.engine import reading
from spe.adapters.database.prepared import is_text
from spe.adapters.database.tables import TABLES
from spe.audit.records import R, Stored
from spe.errors import IntegrityFailure, Malformed
from spe.values import from_stored

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
        if not all(is_text(one) for one in (after, *where.values()) if isinstance(one, str)):
            return ()
        table = TABLES[kind]
        query = select(table.c.version, table.c.body).order_by(table.c.id).limit(limit)
        for name, value in where.items():
            query = query.where(table.c[name] == value)
        if after:
            query = query.where(table.c.id > after)
        with reading(self._engine, "the database can't be read") as connection:
            rows = connection.execute(query).all()
        return tuple(Stored(_value(kind, row.body), row.version) for row in rows)


def _value(kind: type[R], body: str) -> R:
    """Return a stored value; what can't be read back was not written by us."""
    try:
        return from_stored(kind, json.loads(body))
    except (Malformed, ValueError, RecursionError) as cause:
        raise IntegrityFailure(f"a stored {kind.table} is damaged") from cause
