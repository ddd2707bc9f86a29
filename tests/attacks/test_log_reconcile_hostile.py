"""What a reconciliation reads may be anybody's: it reports, whatever stands in entries, journals and rows, and never breaks."""

from __future__ import annotations

import json
import random
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from spe.cli.main import main as spe
from spe.oversight.reconcile_report import Report
from tests.tampering import unguard
from tests.unit.oversight.honest import ACTS, Honest, honest

HOSTILE: tuple[Any, ...] = (
    None, True, 5, -1, 1.5, 10**400, "", "xxx", "\x1b[31m\r\nx", "\ud800", [], [None], [[1]], ["\ud800"], {}, {"a": []},
)  # fmt: skip
STORED: tuple[Any, ...] = ("", "x\x1b[1m", b"\xff\xfe", 5, -1, 2**62, 1.5, '{"index":[]}', "[" * 5000)
COLUMNS = {
    "outbox": ("id", "kind", "about", "data", "at", "handled", "salt"),
    "answered_call": ("key", "answer"),
    "ledger": ("id", "version", "body", "salt"),
    "log_entry": ("entry",),
    "log_head": ("size", "range"),
    "log_checkpoint": ("size", "note"),
    "log_tile": ("level", "number", "root", "hashes"),
    "log_cosignature": ("size", "witness", "line"),
    "mark": ("name", "value"),
}
MADE_UP = {
    "log_tile": ("INSERT INTO log_tile VALUES (3, 0, x'00', x'00')",),
    "log_cosignature": ("INSERT INTO log_cosignature VALUES (3000, 'w.example', 'no line')",),
}
# Of these a changed value is no other row: nothing that is compared, and nothing that ever was another's.
_KEYS_ONLY = {("answered_call", "key"), ("mark", "name")}
Place = tuple[str | int, ...]


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Honest]:
    with honest(tmp_path) as opened:
        for act in ACTS:
            act(opened)
        assert reported(opened).total("unmatched") == 0
        yield opened


def sql(here: Honest, statement: str, *given: Any) -> list[Any]:
    with closing(sqlite3.connect(here.home.path / "spe.db")) as connection, connection:
        unguard(connection)
        return connection.execute(statement, given).fetchall()


def reported(here: Honest) -> Report:
    """Compare, and write the report in both of its forms."""
    report = here.compared()
    json.loads(report.encoded())
    assert "\n".join(report.lines()).encode()
    return report


def places(value: Any, at: Place = ()) -> Iterator[Place]:
    yield at
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inner:
        yield from places(one, (*at, name))


def changed(value: Any, at: Place, new: Any) -> bytes:
    """Return the JSON of `value` with another value at one place."""
    whole = {"": json.loads(json.dumps(value))}
    inner: Any = whole
    for name in ("", *at)[:-1]:
        inner = inner[name]
    inner[("", *at)[-1]] = new
    return json.dumps(whole[""], separators=(",", ":")).encode()


def of_each_type(here: Honest) -> list[tuple[int, bytes]]:
    found: dict[str, tuple[int, bytes]] = {}
    for index, raw in here.log.entries():
        found.setdefault(json.loads(raw)["type"], (index, raw))
    return list(found.values())


def entry_is(here: Honest, index: int, raw: bytes) -> None:
    sql(here, 'UPDATE log_entry SET entry = ? WHERE "index" = ?', raw, index)


def each_entry_changed(here: Honest, sample: Callable[[list[Any]], list[Any]]) -> int:
    cases = [
        (index, raw, at, new)
        for index, raw in of_each_type(here)
        for at in places(json.loads(raw))
        for new in HOSTILE
    ]
    for index, raw, at, new in sample(cases):
        other = changed(json.loads(raw), at, new)
        entry_is(here, index, other)
        assert reported(here).total("unmatched") > 0 or other == raw, (at, new)
        entry_is(here, index, raw)
    return len(cases)


def each_line_changed(here: Honest, sample: Callable[[list[Any]], list[Any]]) -> int:
    lines = [
        (file, number, line)
        for file in sorted(here.home.journals.glob("*.jsonl"))
        for number, line in enumerate(file.read_bytes().splitlines(keepends=True))
    ]
    cases = [(*line, at, new) for line in lines for at in places(json.loads(line[2])) for new in HOSTILE]
    for file, number, line, at, new in sample(cases):
        before = file.read_bytes()
        whole = before.splitlines(keepends=True)
        whole[number] = changed(json.loads(line), at, new) + b"\n"
        file.write_bytes(b"".join(whole))
        reported(here)
        file.write_bytes(before)
    return len(cases)


def few(cases: list[Any]) -> list[Any]:
    return random.Random(len(cases)).sample(cases, 60)


def test_a_changed_entry_or_line_is_reported_whatever_it_says(here: Honest) -> None:
    assert each_entry_changed(here, few) > 1000
    assert each_line_changed(here, few) > 500


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_every_value_of_every_entry_and_line_may_be_anything(here: Honest) -> None:
    tried = [each(here, lambda cases: cases) for each in (each_entry_changed, each_line_changed)]
    print(f"A10 {sum(tried)} hostile values, 0 that broke a reconciliation")


@pytest.mark.parametrize("table", COLUMNS)
def test_what_stands_in_a_column_may_be_of_any_type(here: Honest, table: str) -> None:
    for statement in MADE_UP.get(table, ()):
        sql(here, statement)
    tried = 0
    for column in COLUMNS[table]:
        [(before,)] = sql(here, f'SELECT "{column}" FROM {table} LIMIT 1')
        for value in STORED:
            try:
                sql(here, f'UPDATE {table} SET "{column}" = ? WHERE "{column}" IS ?', value, before)
            except sqlite3.IntegrityError:
                continue
            [(kept,)] = sql(here, f'SELECT "{column}" FROM {table} WHERE "{column}" IS ? LIMIT 1', value) or [
                (before,)
            ]
            same = kept == before or (table, column) in _KEYS_ONLY
            assert reported(here).total("unmatched") > 0 or same, (column, value)
            sql(here, f'UPDATE {table} SET "{column}" = ? WHERE "{column}" IS ?', before, kept)
            tried += 1
    assert tried


def test_names_of_files_and_texts_of_rows_say_nothing_to_a_terminal(
    here: Honest, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name = b"openings-\xff\x1b[31m\r.jsonl"
    (here.home.journals / name.decode("utf-8", "surrogateescape")).write_bytes(b"{}\n")
    sql(here, "UPDATE ledger SET id = ? WHERE id = 'holder-1'", "x\x1b]0;owned\x07\r\ny")
    monkeypatch.setenv("SPE_HOME", str(here.home.path))
    monkeypatch.setenv("SPE_ORIGIN", here.settings.origin)
    assert spe(["audit", "reconcile", "--read-only"]) == 12
    said = capsys.readouterr().out
    assert "openings-" in said
    assert "owned" in said
    assert all(char.isprintable() or char == "\n" for char in said)
