"""In-memory stand-ins with the same promises as the real adapters; the contract suite runs over both."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from spe.adapters.database.tables import FIXED
from spe.audit.change import Call, Change, Entry, Fact
from spe.audit.events import StaffRef
from spe.audit.records import R, Record, Stored
from spe.errors import Conflict, Malformed, NotFound, Reason, Unreachable
from spe.identity.model import Person, Role
from spe.policy.model import DecisionPoint, Question, Verdict

BUNDLE = "b" * 64
START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


@dataclass(slots=True)
class FixedClock:
    """A clock that stands still until it is told to go on."""

    at: datetime = START

    def now(self) -> datetime:
        return self.at

    def go_on(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass(slots=True)
class MemoryStore:
    """`Records`, `Committer` and the answered calls over dictionaries; `broken` makes every commit fail."""

    bundle: str | None = BUNDLE
    log: list[Entry] = field(default_factory=list)
    outbox: list[Fact] = field(default_factory=list)
    broken: bool = False
    before_commit: Callable[[Change], None] | None = None
    _rows: dict[str, dict[str, Stored[Any]]] = field(default_factory=lambda: defaultdict(dict))
    _answers: dict[str, tuple[str, Mapping[str, Any]]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, kind: type[R], id: str, /) -> Stored[R] | None:  # noqa: A002
        return self._rows[kind.table].get(id)

    def find(
        self, kind: type[R], /, *, after: str = "", limit: int = 1000, **where: Any
    ) -> tuple[Stored[R], ...]:
        unknown = set(where) - set(kind.indexed) - {"id"}
        assert not unknown, f"{kind.__name__} can't be searched by {unknown}"
        rows = self._rows[kind.table]
        fitting = (rows[id_] for id_ in sorted(rows) if id_ > after)
        found = [
            one for one in fitting if all(getattr(one.value, name) == value for name, value in where.items())
        ]
        return tuple(found[:limit])

    def each(self, kind: type[R], /, **where: Any) -> Iterator[Stored[R]]:
        yield from self.find(kind, limit=10**9, **where)

    def commit(self, change: Change) -> int:
        if self.before_commit is not None:
            self.before_commit(change)
        with self._lock:
            return self._commit(change)

    def answered(self, key: str) -> tuple[str, Mapping[str, Any]] | None:
        return self._answers.get(key)

    def _commit(self, change: Change) -> int:
        if self.broken or not change.entries:
            raise Unreachable("the log can't be written, so nothing was done")
        if any(type(put.value) in FIXED and put.expects for put in change.puts):
            raise Malformed("it is never changed")
        self._judge(change)
        for put in change.puts:
            self._rows[put.value.table][put.value.id] = Stored(put.value, put.expects + 1)
        for one in change.forgets:
            del self._rows[one.kind.table][one.id]
        self.log.extend(change.entries)
        self.outbox.extend(change.facts)
        if change.call is not None and change.puts:
            self._answer(change.call, change.puts[0].value)
        return len(self.log) - 1

    def _judge(self, change: Change) -> None:
        if change.bundle is not None and change.bundle != self.bundle:
            raise Conflict("another policy bundle is in force by now")
        if change.call is not None and change.call.key in self._answers:
            raise Conflict("this call was answered already")
        expected = [(put.value.table, put.value.id, put.expects) for put in change.puts]
        expected += [(one.kind.table, one.id, one.version) for one in change.expects]
        expected += [(one.kind.table, one.id, one.version) for one in change.forgets]
        for table, id_, version in expected:
            stored = self._rows[table].get(id_)
            if (stored.version if stored else 0) != version:
                raise Conflict(f"{table} has changed since it was read")

    def _answer(self, call: Call, first: Record) -> None:
        status = str(getattr(first, "status", ""))
        answer = {"id": first.id, "status": status, "index": len(self.log) - 1}
        self._answers[call.key] = (call.digest, answer)

    def types(self) -> list[str]:
        """Return the type of every entry, in order."""
        return [entry.event.type for entry in self.log]


@dataclass(slots=True)
class FakePoint(DecisionPoint):
    """A decision point that allows all but the gates in `refusing`, each with its reasons."""

    refusing: dict[str, tuple[Reason, ...]] = field(default_factory=dict)
    asked: list[Question] = field(default_factory=list)
    profile: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def ask(self, question: Question) -> Verdict:
        self.asked.append(question)
        reasons = self.refusing.get(question.gate, ())
        return Verdict(question.gate, not reasons, reasons, (), self.profile.get(question.gate, {}), BUNDLE)

    def bundle(self) -> str:
        return BUNDLE


def someone(
    id_: str = "anna.ricci", *roles: Role, organisation: str = "uni-bologna", holder: str = ""
) -> Person:
    """Return a person; a data user where no role is named."""
    return Person(StaffRef(id_), id_, organisation, roles or (Role.DATA_USER,), holder, 2**40, 2**40)


@dataclass(slots=True)
class MemoryObjects:
    """`ObjectStore` over a dictionary."""

    kept: dict[str, bytes] = field(default_factory=dict)

    def put(self, label: str, chunks: Iterable[bytes]) -> bool:
        if label in self.kept:
            return False
        return self.kept.setdefault(label, put := b"".join(chunks)) is put

    def get(self, label: str) -> Iterator[bytes]:
        if label not in self.kept:
            raise NotFound("there is no such sealed object")
        yield self.kept[label]

    def remove(self, label: str) -> None:
        self.kept.pop(label, None)

    def probe(self) -> None:
        return

    def tried(self) -> str:
        return "memory"

    def sweep(self) -> int:
        return 0

    def close(self) -> None:
        return


class Covered:
    """`Cover` where everything is signed and cosigned at once."""

    def cover(self, *, witnessed: bool = False) -> int:
        return 0
