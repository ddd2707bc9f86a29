"""The fake and the real committer told the same things in the same order: they must answer the same."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from spe.audit.change import Call, Change, Expect, Fact, Put
from spe.consent.model import Directive, DirectiveKind, Ledger
from spe.errors import SpeError
from tests.fakes import BUNDLE, MemoryStore
from tests.unit.adapters.database.place import Installed, entry, installed

IDS = ("a", "b", "c", "h.x")
ids = st.sampled_from(IDS)
versions = st.integers(0, 4)
records = st.one_of(
    st.builds(Ledger, ids, st.integers(0, 2**53 - 1)),
    st.builds(
        Directive,
        id=ids,
        holder=st.sampled_from(("h1", "h2")),
        subject=st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=5),
        kind=st.sampled_from(DirectiveKind),
        purpose=st.sampled_from(("e", "*")),
        effective=st.integers(0, 2**40),
        recorded=st.integers(0, 2**40),
        epoch=st.integers(0, 9),
    ),
)
kinds: st.SearchStrategy[type[Any]] = st.sampled_from((Ledger, Directive))
puts = st.lists(
    st.builds(Put, records, versions), max_size=3, unique_by=lambda put: (type(put.value), put.value.id)
)
changes = st.builds(
    Change,
    entries=st.lists(st.builds(entry, ids), min_size=1, max_size=3).map(tuple),
    puts=puts.map(tuple),
    facts=st.lists(st.builds(Fact, ids, ids, st.dictionaries(ids, st.integers(0, 9))), max_size=2).map(tuple),
    expects=st.lists(st.builds(Expect, kinds, ids, versions), max_size=2).map(tuple),
    bundle=st.sampled_from((None, BUNDLE, "c" * 64)),
    call=st.none() | st.builds(Call, st.sampled_from(("k" * 64, "l" * 64)), st.just("d" * 64)),
)


def outcome(act: Callable[[], object]) -> object:
    try:
        return act()
    except SpeError as error:
        return type(error)


class BothCommitters(RuleBasedStateMachine):
    """Anything that the fake answers otherwise than the database makes every test over the fake a lie."""

    def __init__(self) -> None:
        super().__init__()
        self._stack = ExitStack()
        self._next: dict[tuple[type[Any], str], int] = {}

    @initialize()
    def open(self) -> None:
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        self.real: Installed = self._stack.enter_context(installed(folder))
        with self.real.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA synchronous=OFF")
        self.fake = MemoryStore()

    @rule(change=changes)
    def commit_anything(self, change: Change) -> None:
        self._commit(change)

    @rule(value=records, change=changes)
    def commit_what_fits(self, value: Any, change: Change) -> None:
        key = (type(value), value.id)
        stored = self.fake.get(*key)
        put = Put(value, stored.version if stored else 0)
        self._commit(Change(entries=change.entries, puts=(put,), facts=change.facts, call=change.call))

    @rule()
    def commit_nothing(self) -> None:
        self._commit(Change(entries=()))

    @rule(kind=kinds, after=st.sampled_from(("", *IDS)), limit=st.integers(1, 5))
    def read_a_page(self, kind: type[Any], after: str, limit: int) -> None:
        assert self.real.records.find(kind, after=after, limit=limit) == self.fake.find(
            kind, after=after, limit=limit
        )

    @rule(where=st.fixed_dictionaries({}, optional={"holder": st.just("h1"), "epoch": st.integers(0, 9)}))
    def search(self, where: dict[str, Any]) -> None:
        assert self.real.records.find(Directive, **where) == self.fake.find(Directive, **where)
        assert list(self.real.records.each(Directive, **where)) == list(self.fake.each(Directive, **where))

    @rule()
    def open_again(self) -> None:
        self.real.engine.dispose()

    @invariant()
    def both_hold_the_same(self) -> None:
        if not hasattr(self, "real"):
            return
        for kind in (Ledger, Directive):
            assert list(self.real.records.each(kind)) == list(self.fake.each(kind))
        assert self.real.log.head().size == len(self.fake.log)
        told = [(fact.kind, fact.about, dict(fact.data)) for fact in self.real.log.outbox(1000)]
        assert told == [(fact.kind, fact.about, dict(fact.data)) for fact in self.fake.outbox]
        for key in ("k" * 64, "l" * 64):
            assert self.real.log.answered(key) == self.fake.answered(key)

    def teardown(self) -> None:
        self._stack.close()

    def _commit(self, change: Change) -> None:
        fake = outcome(lambda: self.fake.commit(change))
        assert outcome(lambda: self.real.committer.commit(change)) == fake


TestBothCommitters = BothCommitters.TestCase
TestBothCommitters.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
