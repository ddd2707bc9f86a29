"""Honest work reconciles to nothing unmatched, and each way of cheating is found, with where it is."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spe.adapters.journal import Journal
from spe.adapters.objects import SealedFolder
from spe.audit.change import Change, Entry, Forget
from spe.audit.events.erasure import SubjectForgotten
from spe.audit.events.record import RecordSeen
from spe.consent.model import Directive
from tests.unit.oversight.cheating import Cheat, ask, sql
from tests.unit.oversight.cheats import CHEATS, journal, lines
from tests.unit.oversight.honest import ACTS, SCOPE, WHO, Honest, Starting, honest


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Honest]:
    with honest(tmp_path) as opened:
        for act in ACTS:
            act(opened)
        yield opened


def test_one_of_everything_reconciles(here: Honest) -> None:
    report = here.compared()
    assert [one for tally in report.tallies for one in tally.evidence] == []
    assert report.total("unmatched") == 0
    assert all(tally.matched for tally in report.tallies)
    reasons = {reason for tally in report.tallies for reason in tally.explained}
    assert reasons == {
        "allowed, and nothing was done on it: failed",
        "announced, and never begun",
        "asked only how much to show",
        "a process that was cut off, or still runs",
        "refused without asking: there is nothing of that name",
    }


@pytest.mark.parametrize("cheat", CHEATS, ids=lambda cheat: cheat.__name__)
def test_each_cheat_is_found_where_it_is(here: Honest, cheat: Cheat) -> None:
    cheat(here)
    report = here.compared()
    found = [(tally.source, one) for tally in report.tallies for one in tally.evidence]
    assert report.total("unmatched") == len(found) > 0
    assert any(CHEATS[cheat].fits(source, one) for source, one in found), found


@settings(max_examples=25, deadline=None)
@given(acts=st.lists(st.sampled_from(ACTS), max_size=30), cheat=st.sampled_from(tuple(CHEATS)))
def test_any_honest_run_reconciles_and_any_single_cheat_in_it_does_not(
    acts: list[Callable[[Honest], None]], cheat: Cheat
) -> None:
    with tempfile.TemporaryDirectory() as folder, honest(Path(folder)) as here:
        for act in (*ACTS, *acts):
            here.clock.go_on(0.5)
            act(here)
        report = here.compared()
        assert [one for tally in report.tallies for one in tally.evidence] == []
        cheat(here)
        assert here.compared().total("unmatched") > 0


def test_a_torn_last_line_and_a_process_that_was_cut_off_are_explained(here: Honest) -> None:
    here.deciding.ask(Starting())
    file = journal(here, "decisions", "mine")
    file.write_bytes(file.read_bytes() + b'{"n":')
    report = here.compared()
    decisions = next(tally for tally in report.tallies if tally.source == "decisions")
    assert decisions.evidence == []
    assert decisions.explained["its process was cut off, or is still at it"] == 1
    assert decisions.explained["a torn last line: its act failed"] == 1


def test_tiles_are_held_to_the_entries(here: Honest) -> None:
    for _ in range(300):
        here.note(RecordSeen("run", "run-1", "x"))
    here.signs()
    assert here.compared().total("unmatched") == 0
    sql(here, "UPDATE log_tile SET hashes = ? WHERE number = 0", bytes(256 * 32))
    (found,) = (one for tally in here.compared().tallies for one in tally.evidence)
    assert (found.entry, found.row) == (0, "log_tile 0/0")
    sql(here, "DELETE FROM log_tile")
    (found,) = (one for tally in here.compared().tallies for one in tally.evidence)
    assert (found.what, found.row) == ("a tile under a checkpoint is missing", "log_tile 0/0")


def test_what_a_machine_that_went_down_lost_is_explained_once_another_process_began(here: Honest) -> None:
    here.looks()
    here.creates()
    file = journal(here, "decisions", "mine")
    file.write_bytes(b"".join(lines(file)[:-1]))
    assert here.compared().total("unmatched") == 1
    here.close = lambda: None
    here.start()
    decisions = next(tally for tally in here.compared().tallies if tally.source == "decisions")
    assert decisions.evidence == []
    assert decisions.explained["its process was cut off, and the end of its journal with it"] == 1


def test_what_happens_while_the_log_is_read_waits_for_the_next_time(here: Honest) -> None:
    before = here.clock.at
    here.clock.go_on(60)
    here.opens()
    assert here.deciding.ask(Starting()).allow
    tool = SealedFolder(
        here.home.objects, here.keys, Journal(here.home.journals, "openings", clock=here.clock)
    )
    name = here.new()
    here.vault.put(name, SCOPE, (b"plain",))
    assert b"".join(tool.open(name, SCOPE)) == b"plain"
    later, here.clock.at = here.clock.at, before
    report = here.compared()
    assert report.total("unmatched") == 0
    explained = {tally.source: tally.explained["later than the log was read"] for tally in report.tallies}
    assert (explained["openings"], explained["decisions"]) == (2, 1)
    here.clock.at = later
    assert here.compared().total("unmatched") == 1


def erase(here: Honest, id_: str, told: int = 1) -> None:
    """Delete a directive as an erasure does, and tell of `told` ones."""
    event = SubjectForgotten("ers-1", told, 0, 0)
    entry = Entry(WHO, event, here.clock.now())
    here.committer.commit(Change(entries=(entry,), forgets=(Forget(Directive, id_, 1),)))


def rows(here: Honest) -> tuple[int, list[str]]:
    [tally] = [one for one in here.compared().tallies if one.source == "rows"]
    return tally.explained["erased at a subject's request"], [one.what for one in tally.evidence]


def test_as_many_rows_are_gone_as_entries_say_were_erased(here: Honest) -> None:
    here.creates()
    ids = [stored.value.id for stored in here.records.each(Directive)]
    assert len(ids) >= 2
    erase(here, ids[0])
    assert rows(here) == (1, [])
    sql(here, "DELETE FROM directive WHERE id = ?", ids[1])
    explained, evidence = rows(here)
    assert explained == 0
    assert (
        evidence == ["the row that the entry tells of is gone, and entries tell of 1 erased ones among 2"] * 2
    )


def test_an_erased_row_that_is_back_is_found(here: Honest) -> None:
    [stored, *_] = here.records.each(Directive)
    kept = ask(
        here,
        "SELECT id, version, body, salt, holder, subject, epoch FROM directive WHERE id = ?",
        stored.value.id,
    )
    erase(here, stored.value.id)
    sql(
        here,
        "INSERT INTO directive (id, version, body, salt, holder, subject, epoch) VALUES (?,?,?,?,?,?,?)",
        *kept,
    )
    assert rows(here) == (0, ["entries tell of 1 erased rows, and 0 are gone"])


def test_an_erasure_that_tells_of_more_than_it_deletes_is_found(here: Honest) -> None:
    [stored, *_] = here.records.each(Directive)
    erase(here, stored.value.id, told=2)
    assert rows(here) == (0, ["entries tell of 2 erased rows, and 1 are gone"])


def test_an_erased_row_is_not_put_back_in_the_place_of_a_younger_one(here: Honest) -> None:
    """As many are gone as entries say, but whoever keeps copies could choose which."""
    [stored, *_] = here.records.each(Directive)
    columns = "id, version, body, salt, holder, subject, epoch"
    kept = ask(here, f"SELECT {columns} FROM directive WHERE id = ?", stored.value.id)
    erase(here, stored.value.id)
    here.creates()
    younger = max(one.value.id for one in here.records.each(Directive))
    assert here.compared().total("unmatched") == 0
    sql(here, f"INSERT INTO directive ({columns}) VALUES (?,?,?,?,?,?,?)", *kept)
    sql(here, "DELETE FROM directive WHERE id = ?", younger)
    assert rows(here) == (0, ["the row that the entry tells of is gone, and too few were erased after it"])
