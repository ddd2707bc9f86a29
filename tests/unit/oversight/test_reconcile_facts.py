"""What of facts is no cheat, and facts of changes larger than an entry."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from spe.audit.change import Change, Entry, Fact
from spe.audit.events.record import FactsHandedOn, RecordSeen
from spe.audit.receipts import fact_id
from spe.errors import Malformed
from tests.unit.oversight.cheating import sql
from tests.unit.oversight.fact_cheats import waiting
from tests.unit.oversight.honest import WHO, Honest, honest


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Honest]:
    with honest(tmp_path) as opened:
        yield opened


def test_facts_of_a_change_too_large_for_one_entry_are_compared_each(here: Honest) -> None:
    entry = Entry(WHO, RecordSeen("run", "run-1", "x"), here.clock.now())
    facts = tuple(Fact("k", f"about-{at}") for at in range(600))
    before = here.log.head().size
    last = here.committer.commit(Change(entries=(entry, entry), facts=facts))
    assert last - before == 3
    assert [tally.unmatched for tally in here.compared().tallies if tally.source == "facts"] == [0]
    told = [fact_id(last, at) for at in (0, 255, 256, 599)]
    for id_ in told:
        sql(here, "UPDATE outbox SET about = 'somebody' WHERE id = ?", id_)
    (facts_,) = (tally for tally in here.compared().tallies if tally.source == "facts")
    assert [(one.entry, one.row) for one in facts_.evidence] == [(last, f"outbox {id_}") for id_ in told]


def test_a_fact_may_be_handled_twice_but_not_without_having_been_told(here: Honest) -> None:
    (first, _) = waiting(here)
    entry = Entry(WHO, FactsHandedOn(1, 0), here.clock.now())
    for _ in range(2):
        here.committer.commit(Change(entries=(entry,), handled=(first,)))
    assert here.compared().total("unmatched") == 0
    index = here.committer.commit(Change(entries=(entry,), handled=(fact_id(0, 7),)))
    (found,) = (one for tally in here.compared().tallies for one in tally.evidence)
    assert (found.what, found.entry) == ("the entry handles a fact that no entry told of", index)


def test_what_is_no_fact_is_never_handled(here: Honest) -> None:
    entry = Entry(WHO, FactsHandedOn(1, 0), here.clock.now())
    with pytest.raises(Malformed):
        here.committer.commit(Change(entries=(entry,), handled=("permit per-1",)))
