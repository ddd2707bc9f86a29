"""Each way of cheating on rows, entries and journals."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

from spe.adapters.objects import SealedFolder
from spe.audit.events.record import RecordSeen
from spe.audit.events.request import RequestWithdrawn
from spe.crypto.key_folder import KeyFolder
from spe.errors import Reason
from spe.policy.trail import use_case
from tests.fakes import BUNDLE
from tests.unit.oversight.cheating import Cheat, Found, ask, sql
from tests.unit.oversight.fact_cheats import FACT_CHEATS
from tests.unit.oversight.honest import SCOPE, Honest, Looking, Starting


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
    here.restarts()


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


CHEATS: dict[Cheat, Found] = {
    **FACT_CHEATS,
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
    looked_at_a_gate_that_shows_nothing: Found(
        "decisions", "allowed, and no entry rests on it", "decisions-"
    ),
    effect_on_a_denial: Found("decisions", "otherwise than the denial"),
    entry_on_no_decision: Found("decisions", "names no decision", "entry "),
    entry_on_a_made_up_decision: Found("decisions", "nobody made", f"{'f' * 16}.1"),
    entry_of_another_bundle: Found("operator", "not put in force before"),
    witnesses_mark_set: Found("operator", "not those that were named last"),
    bundle_mark_set: Found("operator", "activated last", "entry 1 "),
    demo_mark_set: Found("operator", "demo mark"),
    key_replaced: Found("operator", "no process found it before"),
}
