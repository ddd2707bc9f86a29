"""What somebody with the database's file does behind the log's back, and what the report must say of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from spe.oversight.reconcile import Unmatched
from tests.tampering import unguard
from tests.unit.oversight.honest import Honest

Cheat = Callable[[Honest], None]


@dataclass(frozen=True, slots=True)
class Found:
    """What the report must say of a cheat: the source, part of what it says, part of where."""

    source: str
    what: str
    where: str = ""

    def fits(self, source: str, one: Unmatched) -> bool:
        place = f"entry {one.entry} {one.row} {one.line}"
        return source == self.source and self.what in one.what and self.where in place


def sql(here: Honest, statement: str, *given: Any) -> None:
    connection = sqlite3.connect(here.home.path / "spe.db")
    with connection:
        unguard(connection)
        assert connection.execute(statement, given).rowcount != 0
    connection.close()


def ask(here: Honest, query: str, *given: Any) -> tuple[Any, ...]:
    connection = sqlite3.connect(here.home.path / "spe.db")
    found: tuple[Any, ...] = connection.execute(query, given).fetchone()
    connection.close()
    return found
