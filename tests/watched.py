"""Watching what is committed: every step of a state machine against its table, every call against what its route declares.

What is declared (`LEAVES` beside a transition table, `x-events` beside a route) is held to what really happens, in every
story, in both processes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from enum import StrEnum
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import make_url
from starlette.routing import Match

from spe.adapters.database.committer import DatabaseCommitter
from spe.audit.change import Change, Put
from spe.web.app import api_routes
from spe.web.leaves import declared
from tests.shape.state_pages import machines

_MACHINES = {machine.statuses: machine for machine in machines()}
_CREATED = None


class Watched:
    """What was committed so far, and what of it was not declared."""

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.steps: set[tuple[StrEnum, StrEnum]] = set()
        self.undeclared: list[str] = []
        self._statuses: dict[tuple[type, str], StrEnum] = {}

    def saw(self, change: Change) -> None:
        """Take in a Change that committed."""
        self.changes.append(change)
        left = {type(entry.event) for entry in change.entries}
        for put in change.puts:
            self._judge(put, left)

    def types_since(self, before: int, who: str) -> set[str]:
        """Return the types of the entries that somebody left after the first `before` Changes."""
        entries = (entry for change in self.changes[before:] for entry in change.entries)
        return {entry.event.type for entry in entries if str(entry.who.id) == who}

    def _judge(self, put: Put, left: set[type]) -> None:
        after = _status(put.value)
        if after is None:
            return
        key = (type(put.value), str(put.value.id))
        before, self._statuses[key] = self._statuses.get(key, after), after
        if before is after:
            return
        self.steps.add((before, after))
        if not left & _left_by(before, after):
            names = sorted(event.__name__ for event in left)
            self.undeclared.append(f"{key[0].__name__}: {before!r} -> {after!r} left {names}")


def _status(value: Any) -> StrEnum | None:
    values: list[Any] = [getattr(value, field.name) for field in fields(value)]
    return next((one for one in values if type(one) in _MACHINES), None)


def _left_by(before: StrEnum, after: StrEnum) -> set[type]:
    machine = _MACHINES[type(before)]
    commands = (command for (start, command), end in machine.table.items() if (start, end) == (before, after))
    return {machine.leaves[command] for command in commands}


@contextmanager
def watched(database: str) -> Iterator[Watched]:
    """Watch every committer of this process that writes this database, and fail at the end where something was not declared."""
    seen, ours, commit = Watched(), make_url(database), DatabaseCommitter.commit

    def committed(self: DatabaseCommitter, change: Change) -> int:
        index = commit(self, change)
        if self._engine.url == ours:
            seen.saw(change)
        return index

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseCommitter, "commit", committed)
        yield seen
    assert seen.undeclared == [], "\n".join(seen.undeclared)


def declared_of(app: FastAPI, method: str, path: str) -> frozenset[str]:
    """Return what the route of this call declares."""
    scope = {"type": "http", "path": path, "method": method, "headers": []}
    return next(declared(route) for route in api_routes(app) if route.matches(scope)[0] is Match.FULL)
