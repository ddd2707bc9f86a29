"""A verification that goes on where it was stopped, and what a changed state file can't do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from spe.audit import verify, verify_json
from spe.audit.merkle import CompactRange, leaf_hash
from spe.audit.verify import BadLog, verify_export
from spe.audit.verify_state import EVERY
from spe.crypto.signing import SigningKey, StatementKind
from spe.errors import Malformed
from tests.unit.audit.signed_log import VKEY, checkpoints, exported, write

SIZE = 2 * EVERY + 300
ENTRIES = [b'{"n":%d}' % number for number in range(SIZE)]
FILES = exported(ENTRIES, checkpoints(ENTRIES, []))


class Interrupted(Exception):
    """Somebody pressed Ctrl-C."""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return write(tmp_path / "log", FILES)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def formed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the entries whose form is tested."""
    counted: list[int] = []
    tested = verify_json.first_oddity

    def count(entries: list[bytes]) -> int | None:
        counted.append(len(entries))
        return tested(entries)

    monkeypatch.setattr(verify, "first_oddity", count)
    return counted


def interrupted(log: Path, state: Path, at: int) -> None:
    def stop(done: int, _of: int) -> None:
        if done >= at:
            raise Interrupted

    with pytest.raises(Interrupted):
        verify_export(log, VKEY, state=state, progress=stop)


def kept(of: int, entries: list[bytes], **other: Any) -> str:
    root = CompactRange().extend(map(leaf_hash, entries[:of])).root()
    return json.dumps({"v": 1, "key": VKEY, "size": of, "root": root.hex()} | other)


def test_an_interrupted_verification_goes_on_where_it_was(log: Path, state: Path, formed: list[int]) -> None:
    interrupted(log, state, EVERY + 512)
    assert json.loads(state.read_text()) == json.loads(kept(EVERY, ENTRIES))
    formed.clear()
    assert verify_export(log, VKEY, state=state).size == SIZE
    assert sum(formed) == SIZE - EVERY
    formed.clear()
    assert verify_export(log, VKEY, state=state).size == SIZE
    assert sum(formed) == SIZE - 2 * EVERY


def test_without_a_state_everything_is_tested_and_nothing_written(log: Path, formed: list[int]) -> None:
    assert verify_export(log, VKEY).size == SIZE
    assert sum(formed) == SIZE
    assert [path.name for path in log.parent.iterdir()] == ["log"]


@pytest.mark.parametrize("path", ["tile/entries/000", "tile/0/003", "tile/1/000.p/129"])
def test_what_changes_before_the_resumed_place_is_found_all_the_same(
    log: Path, state: Path, path: str
) -> None:
    interrupted(log, state, 2 * EVERY)
    data = bytearray(FILES[path])
    data[10] ^= 1
    (log / path).write_bytes(data)
    with pytest.raises(BadLog) as bad:
        verify_export(log, VKEY, state=state)
    assert bad.value.index is not None
    assert bad.value.index < EVERY
    assert not state.exists()


def test_a_state_that_claims_everything_spares_nothing_but_the_form(log: Path, state: Path) -> None:
    changed = [*ENTRIES[:7], b'{"n":"seven"}', *ENTRIES[8:]]
    state.write_text(kept(2 * EVERY, changed))
    files = exported(changed, {SIZE: ""})
    write(log, {path: data for path, data in files.items() if path.startswith("tile")})
    with pytest.raises(BadLog) as bad:
        verify_export(log, VKEY, state=state)
    assert bad.value.index == 0


def test_a_state_of_other_entries_fails_although_the_log_signed_these(log: Path, state: Path) -> None:
    state.write_text(kept(EVERY, [b"{}", *ENTRIES[1:]]))
    with pytest.raises(BadLog, match="not the entries that the state was kept for") as bad:
        verify_export(log, VKEY, state=state)
    assert (bad.value.index, bad.value.before) == (0, EVERY)


def test_a_state_of_a_larger_log_is_refused(log: Path, state: Path) -> None:
    state.write_text(kept(3 * EVERY, ENTRIES))
    with pytest.raises(Malformed, match="larger"):
        verify_export(log, VKEY, state=state)


def test_a_state_is_bound_to_its_key(log: Path, state: Path) -> None:
    other = SigningKey(StatementKind.CHECKPOINT, "spe.example", bytes(32)).public.text()
    state.write_text(kept(EVERY, ENTRIES, key=other))
    with pytest.raises(Malformed, match="another log's key"):
        verify_export(log, VKEY, state=state)


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "[" * 4000, "\xff", "{}", "x" * 5000),
        kept(EVERY, ENTRIES, size=EVERY - 256),
        kept(EVERY, ENTRIES, size=0),
        kept(EVERY, ENTRIES, size=-EVERY),
        kept(EVERY, ENTRIES, size=float(EVERY)),
        kept(EVERY, ENTRIES, size=str(EVERY)),
        kept(EVERY, ENTRIES, root="00"),
        kept(EVERY, ENTRIES, root="Z" * 64),
        kept(EVERY, ENTRIES, v=2),
        kept(EVERY, ENTRIES, more=1),
    ],
)
def test_any_other_file_is_no_state_and_stays_as_it_is(log: Path, state: Path, text: str) -> None:
    state.write_text(text)
    with pytest.raises(Malformed, match="not a file that"):
        verify_export(log, VKEY, state=state)
    assert state.read_text() == text


def test_a_state_is_never_read_through_a_link(log: Path, state: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text(kept(EVERY, ENTRIES))
    state.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Malformed):
        verify_export(log, VKEY, state=state)


def test_a_state_that_cant_be_written_is_told(log: Path, tmp_path: Path) -> None:
    with pytest.raises(Malformed):
        verify_export(log, VKEY, state=tmp_path / "none" / "state")
