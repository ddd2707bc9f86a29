"""Honest work reconciles to nothing unmatched, and each way of cheating is found, with where it is."""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spe.adapters.journal import Journal
from spe.adapters.objects import SealedFolder
from spe.audit.change import Change, Entry, Forget
from spe.audit.events.erasure import SubjectForgotten
from spe.audit.events.record import RecordSeen
from spe.audit.events.request import RequestWithdrawn
from spe.consent.model import Directive
from spe.crypto.key_folder import KeyFolder
from spe.errors import Reason
from spe.oversight.reconcile import Unmatched
from spe.policy.trail import use_case
from tests.fakes import BUNDLE
from tests.tampering import unguard
from tests.unit.oversight.honest import ACTS, SCOPE, WHO, Honest, Looking, Starting, honest


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


def body_edited(here: Honest) -> None:
    sql(here, "UPDATE ledger SET body = replace(body, '\"epoch\":', '\"epoch\":7') WHERE id = 'holder-1'")


def salt_edited(here: Honest) -> None:
    sql(here, "UPDATE ledger SET salt = ? WHERE id = 'holder-1'", "0" * 32)


def column_edited(here: Honest) -> None:
    sql(here, "UPDATE directive SET holder = 'other' WHERE id = 'holder-1.d'")


def set_back(here: Honest) -> None:
    before = ask(here, "SELECT version, body, salt FROM ledger WHERE id = 'holder-1'")
    here.alters()
    sql(here, "UPDATE ledger SET version = ?, body = ?, salt = ? WHERE id = 'holder-1'", *before)


def deleted(here: Honest) -> None:
    sql(here, "DELETE FROM directive WHERE id = 'holder-1.d'")


def inserted(here: Honest) -> None:
    sql(
        here,
        "INSERT INTO ledger (id, version, body, salt) SELECT 'made-up', version, body, salt FROM ledger LIMIT 1",
    )


def entry_edited(here: Honest) -> None:
    edited = "CAST(replace(CAST(entry AS TEXT), 'run-1', 'run-2') AS BLOB)"
    sql(here, f"UPDATE log_entry SET entry = {edited} WHERE CAST(entry AS TEXT) LIKE '%run-1%'")


def entry_deleted(here: Honest) -> None:
    sql(here, 'DELETE FROM log_entry WHERE "index" = 4')


def head_edited(here: Honest) -> None:
    sql(here, "UPDATE log_head SET size = size + 1")


def cut_back(here: Honest) -> None:
    here.signs()
    sql(here, 'DELETE FROM log_entry WHERE "index" = (SELECT max("index") FROM log_entry)')


def checkpoint_forged(here: Honest) -> None:
    sql(here, "UPDATE log_checkpoint SET note = replace(note, 'spe.example/log', 'spe.example/lag')")


def cosignature_of_nothing(here: Honest) -> None:
    sql(here, "INSERT INTO log_cosignature VALUES (3000, 'w.example', 'no line')")


def tile_made_up(here: Honest) -> None:
    sql(here, "INSERT INTO log_tile VALUES (3, 0, ?, ?)", bytes(32), bytes(256 * 32))


def fact_inserted(here: Honest) -> None:
    columns = "kind, about, data, at, handled"
    sql(
        here,
        f"INSERT INTO outbox (id, {columns}) SELECT 'fact-00000000000ff0000000', {columns} FROM outbox LIMIT 1",
    )


def fact_deleted(here: Honest) -> None:
    sql(here, "DELETE FROM outbox WHERE id = (SELECT min(id) FROM outbox)")


def fact_silenced(here: Honest) -> None:
    here.creates()
    sql(here, "UPDATE outbox SET handled = 1 WHERE handled = 0")


def answer_moved(here: Honest) -> None:
    sql(here, "UPDATE answered_call SET answer = json_set(answer, '$.index', 1)")


def answer_of_nothing(here: Honest) -> None:
    sql(here, "UPDATE answered_call SET answer = json_set(answer, '$.index', 100000)")


def opened_by_an_own_tool(here: Honest) -> None:
    here.vault.put("secret", SCOPE, (b"plain",))
    tool = SealedFolder(here.home.objects, here.keys)
    assert b"".join(tool.open("secret", SCOPE)) == b"plain"


def opened_past_the_log(here: Honest) -> None:
    here.vault.put("secret", SCOPE, (b"plain",))
    assert b"".join(here.sealed.open("secret", SCOPE)) == b"plain"


def opened_twice_on_one_entry(here: Honest) -> None:
    here.vault.put("secret", SCOPE, (b"plain",))
    for _ in range(2):
        assert b"".join(here.vault.open("secret", SCOPE)) == b"plain"
    assert b"".join(here.sealed.open("secret", SCOPE)) == b"plain"


def journal(here: Honest, name: str, process: str | None = None) -> Path:
    """Return the journal of the process that ended, or of the one at work."""
    mine = here.presence.decisions.process
    found = (
        file
        for file in sorted(here.home.journals.glob(f"{name}-*"))
        if (mine in file.name) == (process == "mine")
    )
    return next(found)


def lines(file: Path) -> list[bytes]:
    return file.read_bytes().splitlines(keepends=True)


def opening_line_deleted(here: Honest) -> None:
    file = journal(here, "openings")
    file.write_bytes(b"".join(lines(file)[:-1]))


def decision_line_deleted(here: Honest) -> None:
    file = journal(here, "decisions")
    found = lines(file)
    file.write_bytes(b"".join(found[:2] + found[3:]))


def last_decision_line_deleted(here: Honest) -> None:
    file = journal(here, "decisions")
    file.write_bytes(b"".join(lines(file)[:-1]))


def opening_line_forged(here: Honest) -> None:
    file = journal(here, "openings")
    last = json.loads(lines(file)[-1])
    forged = {**last, "n": last["n"] + 1, "object": sha256(b"x").hexdigest()}
    file.write_bytes(file.read_bytes() + json.dumps(forged).encode() + b"\n")


def denial_turned_into_an_allow(here: Honest) -> None:
    file = journal(here, "decisions")
    told = [json.loads(line) for line in lines(file)]
    at = next(at for at, line in enumerate(told) if line.get("allow") is False)
    told[at] |= {"allow": True, "bundle": "c" * 64}
    file.write_text("".join(json.dumps(line) + "\n" for line in told))


def journal_replaced(here: Honest) -> None:
    journal(here, "openings").write_bytes(b"not a line\n")


def journal_made_up(here: Honest) -> None:
    file = journal(here, "openings")
    told = [{**json.loads(line), "process": "f" * 16} for line in lines(file)]
    (here.home.journals / f"openings-{'f' * 16}-000000.jsonl").write_text(
        "".join(json.dumps(line) + "\n" for line in told)
    )


def denial_kept_quiet(here: Honest) -> None:
    here.point.refusing = {"run.start": (Reason("role_missing"),)}
    here.deciding.ask(Starting())
    here.point.refusing = {}
    here.restarts()


def allowed_and_acted_elsewhere(here: Honest) -> None:
    assert here.deciding.ask(Starting()).allow
    here.restarts()


def looked_at_a_gate_that_shows_nothing(here: Honest) -> None:
    with use_case():
        assert here.deciding.ask(Starting()).allow


def effect_on_a_denial(here: Honest) -> None:
    here.point.refusing = {"run.start": (Reason("role_missing"),)}
    id_ = here.deciding.ask(Starting()).id
    here.point.refusing = {}
    here.note(RequestWithdrawn("req-1"), decisions=(id_,))


def entry_on_no_decision(here: Honest) -> None:
    here.note(RecordSeen("run", "run-1", "x"), bundle=BUNDLE)


def entry_on_a_made_up_decision(here: Honest) -> None:
    here.note(RecordSeen("run", "run-1", "x"), bundle=BUNDLE, decisions=(f"{'f' * 16}.1",))


def entry_of_another_bundle(here: Honest) -> None:
    id_ = here.deciding.ask(Looking()).id
    here.note(RecordSeen("run", "run-1", "x"), bundle="c" * 64, decisions=(id_,))


def witnesses_mark_set(here: Honest) -> None:
    sql(here, "INSERT INTO mark (name, value) VALUES ('witnesses', '2 of w.example+00000000')")


def bundle_mark_set(here: Honest) -> None:
    sql(here, "UPDATE mark SET value = ? WHERE name = 'bundle'", "c" * 64)


def demo_mark_set(here: Honest) -> None:
    sql(here, "UPDATE mark SET value = 'false' WHERE name = 'demo'")


def key_replaced(here: Honest) -> None:
    for end in ("key", "pub"):
        (here.home.path / "keys" / "signing" / f"permit.{end}").unlink()
    KeyFolder(here.home.path / "keys" / "signing").create_missing(here.settings.origin)


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


CHEATS: dict[Cheat, Found] = {
    body_edited: Found("rows", "content is not what the entry commits to", "ledger holder-1"),
    salt_edited: Found("rows", "content is not what the entry commits to", "ledger holder-1"),
    column_edited: Found("rows", "columns don't fit the body: holder", "directive holder-1.d"),
    set_back: Found("rows", "set back", "ledger holder-1"),
    deleted: Found("rows", "gone", "directive "),
    inserted: Found("rows", "no entry tells of this row", "ledger made-up"),
    entry_edited: Found("tree", "not those that were signed", "log_checkpoint"),
    entry_deleted: Found("entries", "missing", "entry 5"),
    head_edited: Found("tree", "head row"),
    cut_back: Found("tree", "which are not there"),
    checkpoint_forged: Found("tree", "not signed by the log's key", "log_checkpoint"),
    cosignature_of_nothing: Found("tree", "no checkpoint", "log_cosignature 3000 w.example"),
    tile_made_up: Found("tree", "no place for", "log_tile"),
    fact_inserted: Found("facts", "of no entry", "outbox fact-00000000000ff0000000"),
    fact_deleted: Found("facts", "gone", "outbox fact-"),
    fact_silenced: Found("facts", "marked handled"),
    answer_moved: Found("answers", "tells of another record", "entry 1 "),
    answer_of_nothing: Found("answers", "names no entry"),
    opened_by_an_own_tool: Found("openings", "never started", "openings-"),
    opened_past_the_log: Found("openings", "no entry announced it", "openings-"),
    opened_twice_on_one_entry: Found("openings", "no entry announced it", ":3"),
    opening_line_deleted: Found("openings", "lines were written by the end"),
    decision_line_deleted: Found("decisions", "line 4 follows line 2", ":3"),
    last_decision_line_deleted: Found("decisions", "lines were written by the end"),
    opening_line_forged: Found("openings", "no entry announced it"),
    denial_turned_into_an_allow: Found("decisions", "another policy bundle"),
    journal_replaced: Found("openings", "can't be read", ":1"),
    journal_made_up: Found("openings", "never started", "f" * 16),
    denial_kept_quiet: Found("decisions", "denied, and no entry says so", "decisions-"),
    allowed_and_acted_elsewhere: Found("decisions", "allowed, and no entry rests on it", "decisions-"),
    effect_on_a_denial: Found("decisions", "otherwise than the denial"),
    entry_on_no_decision: Found("decisions", "names no decision", "entry "),
    entry_on_a_made_up_decision: Found("decisions", "nobody made", f"{'f' * 16}.1"),
    entry_of_another_bundle: Found("operator", "not put in force before"),
    witnesses_mark_set: Found("operator", "not those that were named last"),
    bundle_mark_set: Found("operator", "activated last", "entry 1 "),
    demo_mark_set: Found("operator", "demo mark"),
    key_replaced: Found("operator", "no process found it before"),
}


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
