"""A database made from a copy: it agrees with its log and says that it was, or nothing starts over it."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Integer, insert, text

from spe.adapters.database.engine import downgrade, open_database
from spe.adapters.database.log import DatabaseLog
from spe.adapters.database.records import DatabaseRecords
from spe.adapters.database.tables import PORTAL_SESSION
from spe.cli.main import main
from spe.consent.model import Directive, Ledger
from spe.errors import Conflict, IntegrityFailure, SpeError, Unreachable
from spe.settings import Settings
from spe.wiring.agreement import Memory, hold_together
from spe.wiring.copies import backup, restore
from spe.wiring.reconcile import agreement
from tests.services.postgres import Server
from tests.unit.oversight.honest import ACTS, Honest, honest

Lines = list[dict[str, Any]]
Make = Callable[[], str]


@pytest.fixture
def here(tmp_path: Path, database_url: str) -> Iterator[Honest]:
    """Return an installation that has done one of everything, signed and remembered."""
    with honest(tmp_path, database_url) as opened:
        for act in ACTS:
            act(opened)
        sign(opened)
        yield opened


def sign(here: Honest) -> None:
    here.signs()
    Memory(here.home.remembered).note(here.log)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """Return what makes an empty database of either kind."""
    if request.param == "sqlite":
        numbers = count()
        return lambda: f"sqlite:///{tmp_path}/other-{next(numbers)}.db"
    server: Server = request.getfixturevalue("postgres")
    return lambda: server.url(server.made())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Honest, bytes]]:
    """Return an installation that nobody changes, and its copy."""
    folder = tmp_path_factory.mktemp("made")
    with honest(folder) as opened:
        for act in ACTS:
            act(opened)
        sign(opened)
        yield opened, copied(opened, folder).read_bytes()


def moved(here: Honest, url: str) -> Settings:
    return Settings(home=here.home.path, database_url=url, origin=here.settings.origin, demo=True)


def starts(here: Honest, settings: Settings) -> None:
    """Look at the database as every start does."""
    engine = open_database(settings.database)
    try:
        hold_together(settings, here.home, engine, DatabaseLog(engine))
    finally:
        engine.dispose()


def copied(here: Honest, folder: Path) -> Path:
    backup(here.settings, folder / "copy", here.clock)
    return folder / "copy"


def lines_of(file: Path) -> Lines:
    return [json.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()]


def sealed(lines: Lines, file: Path) -> Path:
    """Write lines as a copy that is whole."""
    made = [json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for line in lines]
    end = {"rows": len(made) - 1, "sha256": hashlib.sha256(b"".join(made)).hexdigest()}
    file.write_bytes(gzip.compress(b"".join([*made, json.dumps(end).encode() + b"\n"])))
    return file


def everything(url: str) -> dict[type[Any], Any]:
    engine = open_database(url)
    records = DatabaseRecords(engine)
    found = {kind: tuple(records.each(kind)) for kind in (Ledger, Directive)}
    engine.dispose()
    return found


def test_a_copy_is_gone_on_from_in_a_database_of_either_kind(
    here: Honest, tmp_path: Path, empty: Make
) -> None:
    file, settings = copied(here, tmp_path), moved(here, empty())
    assert file.stat().st_mode & 0o077 == 0
    before, head = everything(here.settings.database), here.log.head()
    index = restore(settings, file, accept_loss=False, clock=here.clock)
    assert everything(settings.database) == before
    assert index == head.size
    engine = open_database(settings.database)
    log = DatabaseLog(engine)
    ((_, raw),) = log.entries(index)
    assert log.checkpoints() == here.log.checkpoints()
    engine.dispose()
    entry = json.loads(raw)
    assert entry["type"] == "audit.restored"
    assert entry["data"] == {
        "size": head.size,
        "signed": Memory(here.home.remembered).signed()[0],
        "copy": lines_of(file)[-1]["sha256"],
    }
    assert agreement(settings).total("unmatched") == 0
    starts(here, settings)


def test_the_entry_comes_before_the_copy_and_is_in_it(here: Honest, tmp_path: Path) -> None:
    size = here.log.head().size
    file = copied(here, tmp_path)
    ((_, raw),) = here.log.entries(size)
    assert json.loads(raw)["type"] == "audit.copied"
    assert sum(line.get("table") == "log_entry" for line in lines_of(file)) == size + 1
    with pytest.raises(Conflict):
        backup(here.settings, file, here.clock)
    assert here.log.head().size == size + 1
    assert [one for one in tmp_path.iterdir() if one.name.endswith(".part")] == []


def test_no_session_lives_again_by_a_copy(here: Honest, tmp_path: Path) -> None:
    row = {column.name: 1 if isinstance(column.type, Integer) else "x" for column in PORTAL_SESSION.columns}
    engine = open_database(here.settings.database)
    with engine.begin() as connection:
        connection.execute(insert(PORTAL_SESSION), [row])
    engine.dispose()
    lines = lines_of(copied(here, tmp_path))
    assert PORTAL_SESSION.name not in {line.get("table") for line in lines}
    foreign = {"table": PORTAL_SESSION.name, "row": row}
    settings = moved(here, f"sqlite:///{tmp_path}/other.db")
    with pytest.raises(IntegrityFailure, match="a table that there isn't"):
        restore(
            settings, sealed([*lines[:-1], foreign], tmp_path / "foreign"), accept_loss=True, clock=here.clock
        )


def test_a_copy_goes_into_an_empty_database_only(here: Honest, tmp_path: Path) -> None:
    file = copied(here, tmp_path)
    before = here.log.head()
    with pytest.raises(Conflict):
        restore(here.settings, file, accept_loss=True, clock=here.clock)
    assert here.log.head() == before


def cut_short(data: bytes) -> bytes:
    return data[: len(data) // 2]


def flipped(data: bytes) -> bytes:
    plain = bytearray(gzip.decompress(data))
    plain[len(plain) // 2] ^= 1
    return gzip.compress(bytes(plain))


def without_end(data: bytes) -> bytes:
    return gzip.compress(b"".join(gzip.decompress(data).splitlines(keepends=True)[:-1]))


def gone_on(data: bytes) -> bytes:
    return gzip.compress(gzip.decompress(data) + b'{"table":"mark","row":{}}\n')


@pytest.mark.parametrize(
    "damage",
    [
        cut_short,
        flipped,
        without_end,
        gone_on,
        lambda _: b"",
        lambda _: b"not packed",
        lambda _: gzip.compress(b"[]\n"),
        lambda _: gzip.compress(b"[" * 100_000),
        lambda _: gzip.compress(b'{"format":"spe database copy 9"}\n'),
    ],
)
def test_a_copy_that_is_not_whole_leaves_the_database_empty(
    made: tuple[Honest, bytes], tmp_path: Path, empty: Make, damage: Callable[[bytes], bytes]
) -> None:
    here, whole = made
    file, settings = tmp_path / "copy", moved(here, empty())
    file.write_bytes(damage(whole))
    with pytest.raises(IntegrityFailure):
        restore(settings, file, accept_loss=True, clock=here.clock)
    file.write_bytes(whole)
    restore(settings, file, accept_loss=False, clock=here.clock)


def edited(line: dict[str, Any], table: str, **columns: Any) -> dict[str, Any]:
    return {**line, "row": {**line["row"], **columns}} if line.get("table") == table else line


CHEATS: dict[str, Callable[[Lines], Lines]] = {
    "a directive is missing": lambda lines: [one for one in lines if one.get("table") != "directive"],
    "a ledger says something else": lambda lines: [
        edited(one, "ledger", body=one["row"]["body"].replace('"epoch":', '"epoch":7'))
        if one.get("table") == "ledger"
        else one
        for one in lines
    ],
    "the last entry is missing": lambda lines: [
        one for one in lines if one.get("table") != "log_entry" or one["row"]["index"] + 1 < size_of(lines)
    ],
    "another head": lambda lines: [edited(one, "log_head", size=size_of(lines) - 1) for one in lines],
    "a fact is missing": lambda lines: [one for one in lines if one.get("table") != "outbox"],
    "a checkpoint of nobody": lambda lines: [edited(one, "log_checkpoint", note="trust me") for one in lines],
}


def size_of(lines: Lines) -> int:
    return next(int(one["row"]["size"]) for one in lines if one.get("table") == "log_head")


@pytest.mark.parametrize("cheat", CHEATS)
def test_a_copy_that_does_not_agree_is_refused_and_nothing_starts_over_it(
    made: tuple[Honest, bytes], tmp_path: Path, empty: Make, cheat: str
) -> None:
    here, whole = made
    (tmp_path / "copy").write_bytes(whole)
    lines = lines_of(tmp_path / "copy")[:-1]
    file, settings = sealed(CHEATS[cheat](lines), tmp_path / "cheated"), moved(here, empty())
    with pytest.raises(IntegrityFailure):
        restore(settings, file, accept_loss=True, clock=here.clock)
    for _ in range(2):
        with pytest.raises(IntegrityFailure):
            starts(here, settings)
    assert agreement(settings).total("unmatched") > 0


@pytest.mark.parametrize(
    "foreign",
    [
        {"table": "elsewhere", "row": {}},
        {"table": "mark", "row": {"name": "x"}},
        {"table": "mark", "row": {"name": "x", "value": "y", "more": 1}},
        {"table": "mark", "row": None},
        {"table": "alembic_version", "row": {"version_num": "0001"}},
    ],
)
def test_a_copy_with_rows_of_no_table_of_ours_is_refused(
    made: tuple[Honest, bytes], tmp_path: Path, foreign: dict[str, Any]
) -> None:
    here, whole = made
    (tmp_path / "copy").write_bytes(whole)
    file = sealed([*lines_of(tmp_path / "copy")[:-1], foreign], tmp_path / "foreign")
    settings = moved(here, f"sqlite:///{tmp_path}/other.db")
    with pytest.raises(SpeError):
        restore(settings, file, accept_loss=True, clock=here.clock)


def test_a_copy_that_is_older_than_what_was_signed_needs_that_loss_accepted(
    here: Honest, tmp_path: Path, empty: Make
) -> None:
    file = copied(here, tmp_path)
    here.creates()
    sign(here)
    signed = here.log.head().size
    settings = moved(here, empty())
    with pytest.raises(IntegrityFailure, match="--accept-loss"):
        restore(settings, file, accept_loss=False, clock=here.clock)
    index = restore(settings, file, accept_loss=True, clock=here.clock)
    engine = open_database(settings.database)
    ((_, raw),) = DatabaseLog(engine).entries(index)
    engine.dispose()
    assert json.loads(raw)["data"]["signed"] == signed > index
    starts(here, settings)


def test_a_database_that_was_set_back_behind_our_back_is_refused(
    here: Honest, tmp_path: Path, empty: Make
) -> None:
    """By any tool: what it holds agrees with its log, but more was signed here."""
    file, settings = copied(here, tmp_path), moved(here, empty())
    restore(settings, file, accept_loss=False, clock=here.clock)
    starts(here, settings)
    here.creates()
    sign(here)
    with pytest.raises(IntegrityFailure, match="older"):
        starts(here, settings)
    starts(here, here.settings)


def test_a_database_that_was_moved_is_compared_once(here: Honest, tmp_path: Path) -> None:
    file, settings = copied(here, tmp_path), moved(here, f"sqlite:///{tmp_path}/other.db")
    restore(settings, file, accept_loss=False, clock=here.clock)
    (tmp_path / "elsewhere.db").write_bytes((tmp_path / "other.db").read_bytes())
    there = moved(here, f"sqlite:///{tmp_path}/elsewhere.db")
    starts(here, there)
    engine = open_database(there.database)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM directive"))
    engine.dispose()
    starts(here, there)  # it lives where it did: `spe audit reconcile` is what finds this
    (tmp_path / "third.db").write_bytes((tmp_path / "elsewhere.db").read_bytes())
    with pytest.raises(IntegrityFailure, match="spe db check"):
        starts(here, moved(here, f"sqlite:///{tmp_path}/third.db"))


def test_a_copy_of_tables_that_this_program_does_not_know_is_refused(
    made: tuple[Honest, bytes], tmp_path: Path
) -> None:
    here, whole = made
    (tmp_path / "copy").write_bytes(whole)
    lines = lines_of(tmp_path / "copy")[:-1]
    newer = sealed([{**lines[0], "revision": "9999"}, *lines[1:]], tmp_path / "newer")
    with pytest.raises(Unreachable, match="doesn't know"):
        restore(moved(here, f"sqlite:///{tmp_path}/other.db"), newer, accept_loss=True, clock=here.clock)


def test_a_copy_of_older_tables_is_brought_up_to_date(here: Honest, tmp_path: Path) -> None:
    file = copied(here, tmp_path)
    head, *lines = lines_of(file)[:-1]
    for line in lines:
        if line["table"] == "outbox":
            del line["row"]["salt"]  # which came with 0006
    older = sealed([{**head, "revision": "0004"}, *lines], tmp_path / "older")
    settings = moved(here, f"sqlite:///{tmp_path}/other.db")
    restore(settings, older, accept_loss=False, clock=here.clock)
    engine = open_database(settings.database)
    downgrade(engine, "0004")
    engine.dispose()


def test_the_command_line_copies_checks_and_restores(
    here: Honest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SPE_HOME", str(here.home.path))
    monkeypatch.setenv("SPE_ORIGIN", here.settings.origin)
    monkeypatch.setenv("SPE_DATABASE_URL", here.settings.database)
    assert main(["db", "check"]) == 0
    assert main(["db", "backup", str(tmp_path / "copy"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out.partition("\n{")[2].join(["{", ""]))["rows"] > 0
    monkeypatch.setenv("SPE_DATABASE_URL", f"sqlite:///{tmp_path}/other.db")
    assert main(["db", "migrate"]) == 0
    assert main(["db", "restore", str(tmp_path / "copy")]) == 0
    assert main(["db", "check"]) == 0
    engine = open_database(f"sqlite:///{tmp_path}/other.db")
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM ledger"))
    engine.dispose()
    assert main(["db", "check"]) == 12
    assert main(["db", "restore", str(tmp_path / "nothing")]) == 13
