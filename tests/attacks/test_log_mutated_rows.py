"""Rows of the log deleted, edited, moved, doubled and cut off straight in the database, by somebody without its key.

Each changed database is exported as an auditor exports it, and the export verified: it must name the first bad entry. The
operator's own comparison (`spe audit reconcile`) must find it too.
"""

from __future__ import annotations

import io
import random
import sqlite3
import zipfile
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import StaticPool

from spe.adapters.database.log import DatabaseLog
from spe.adapters.database.snapshot import Snapshot
from spe.audit.handover import CheckpointKeys
from spe.audit.search import StaffOpener
from spe.audit.verify import BadLog, verify_export
from spe.errors import IntegrityFailure
from spe.oversight.reconcile import compare
from spe.oversight.reconcile_tree import TreeSource
from spe.oversight.service import AuditDesk
from spe.policy.enforce import Enforcer
from spe.worker.checkpoints import CheckpointSigner
from tests.attacks.test_log_forged_rows import KEY
from tests.fakes import FakePoint, FixedClock, MemoryStore, someone
from tests.tampering import unguard
from tests.unit.adapters.database.place import change, entry, installed

SIZE = 530
# Bundles fill at 256 and 512; behind those only checkpoints say what an entry was.
SIGNED = [100, 256, 300, 512, 515, 521, SIZE]
FILLED = 512

Dice = random.Random
Mutation = Callable[[sqlite3.Connection, Dice], int]


def deleted(rows: sqlite3.Connection, dice: Dice) -> int:
    """Take one row out, and leave its place empty."""
    at = dice.randrange(SIZE)
    rows.execute('DELETE FROM log_entry WHERE "index" = ?', (at,))
    return at


def closed_up(rows: sqlite3.Connection, dice: Dice) -> int:
    """Take one row out, and number those after it anew."""
    at = deleted(rows, dice)
    _shift(rows, at, -1)
    return at


def edited(rows: sqlite3.Connection, dice: Dice) -> int:
    """Change one bit of one row."""
    at = dice.randrange(SIZE)
    data = bytearray(_row(rows, at))
    data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
    _set(rows, at, bytes(data))
    return at


def swapped(rows: sqlite3.Connection, dice: Dice) -> int:
    """Exchange two rows."""
    first, second = sorted(dice.sample(range(SIZE), 2))
    one, other = _row(rows, first), _row(rows, second)
    _set(rows, first, other)
    _set(rows, second, one)
    return first


def moved(rows: sqlite3.Connection, dice: Dice) -> int:
    """Put a row that came later before others."""
    first, last = sorted(dice.sample(range(SIZE), 2))
    late = _row(rows, last)
    for at in range(last, first, -1):
        _set(rows, at, _row(rows, at - 1))
    _set(rows, first, late)
    return first


def doubled(rows: sqlite3.Connection, dice: Dice) -> int:
    """Put a row in twice, and number those after it anew."""
    at = dice.randrange(SIZE - 1)
    _shift(rows, at, 1)
    rows.execute("INSERT INTO log_entry VALUES (?, ?)", (at + 1, _row(rows, at)))
    return at + 1


def copied(rows: sqlite3.Connection, dice: Dice) -> int:
    """Write a row over another one."""
    source, at = dice.sample(range(SIZE), 2)
    _set(rows, at, _row(rows, source))
    return at


def truncated(rows: sqlite3.Connection, dice: Dice) -> int:
    """Take out everything from some row on."""
    at = dice.randrange(SIZE)
    rows.execute('DELETE FROM log_entry WHERE "index" >= ?', (at,))
    return at


MUTATIONS: tuple[Mutation, ...] = (
    deleted,
    closed_up,
    edited,
    swapped,
    moved,
    doubled,
    copied,
    truncated,
)


@dataclass(frozen=True, slots=True)
class Place:
    """The good database, a copy of it in memory that is changed and put back, and a folder for exports."""

    good: sqlite3.Connection
    copy: sqlite3.Connection
    log: DatabaseLog
    desk: AuditDesk
    folder: Path

    def found(self, mutate: Mutation, dice: Dice) -> tuple[int, BadLog]:
        """Change the copy, and return the first changed index with what verifying an export of it says."""
        self.good.backup(self.copy)
        unguard(self.copy)
        first = mutate(self.copy, dice)
        self.copy.commit()
        assert self._is_noticed()
        archive = zipfile.ZipFile(io.BytesIO(b"".join(self.desk.export(someone()))))
        for name in archive.namelist():
            (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / name).write_bytes(archive.read(name))
        with pytest.raises(BadLog) as bad:
            verify_export(self.folder, KEY.public.text())
        return first, bad.value

    def _is_noticed(self) -> bool:
        with self.log._reading() as connection:
            stored = Snapshot(connection)
            tree = TreeSource(stored, CheckpointKeys([KEY.public]), lambda *_: None)
            return sum(tally.unmatched for tally in compare(stored.entries(), (tree,))) > 0


class Signed:
    """`Cover` of a log whose signer refuses by now, as it does once the log was changed."""

    def cover(self, *, witnessed: bool = False) -> int:
        raise IntegrityFailure("the log was changed")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("log")
    with installed(folder) as here:
        signer = CheckpointSigner(here.log, KEY)
        signer.begin()
        for before, size in zip([0, *SIGNED], SIGNED, strict=False):
            here.committer.commit(change(entries=tuple(entry(f"req-{at}") for at in range(before, size))))
            signer.sign()
    with (
        closing(sqlite3.connect(folder / "spe.db")) as good,
        closing(sqlite3.connect(":memory:", check_same_thread=False)) as copy,
    ):
        engine = create_engine("sqlite://", creator=lambda: copy, poolclass=StaticPool)
        log, store = DatabaseLog(engine), MemoryStore()
        pep = Enforcer(store, FakePoint(), store, FixedClock())
        desk = AuditDesk(pep, log, cast(StaffOpener, None), KEY.public, Signed())
        yield Place(good, copy, log, desk, folder / "export")
        engine.dispose()


def is_right(first: int, bad: BadLog) -> bool:
    """Say whether the very entry was named, or, behind the last full bundle, the span between two checkpoints."""
    if first < FILLED:
        return bad.exact and bad.index == first
    after = bisect_right(SIGNED, first)
    assert bad.index is not None
    assert bad.before is not None
    return SIGNED[after - 1] <= bad.index <= first < bad.before <= SIGNED[after]


def found(place: Place, times: int, seed: str) -> Counter[str]:
    """Change the log that often in each way; return how many were found, and how many to the very entry."""
    dice, tally = Dice(seed), Counter[str]()
    for mutate in MUTATIONS * times:
        first, bad = place.found(mutate, dice)
        assert is_right(first, bad), (mutate.__name__, first, str(bad))
        tally.update(found=1, exact=bad.exact)
    return tally


def test_every_changed_row_is_found_at_its_first_index(place: Place) -> None:
    tally = found(place, 15, "quick")
    assert tally["found"] == 120
    assert tally["exact"] > 100


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("part", range(10))
def test_each_of_10000_changed_logs_is_found_at_its_first_index(place: Place, part: int) -> None:
    tally = found(place, 125, f"soak {part}")
    print("A6", dict(tally))
    assert tally["found"] == 1000


def test_the_log_that_nobody_changed_verifies(place: Place) -> None:
    place.good.backup(place.copy)
    with pytest.raises(AssertionError):
        place.found(lambda _rows, _dice: 0, Dice(0))


@pytest.mark.parametrize("at", [0, 255, 256, 511, 513, SIZE - 1])
def test_a_missing_row_is_named_as_missing(place: Place, at: int) -> None:
    def gone(rows: sqlite3.Connection, _dice: Dice) -> int:
        rows.execute('DELETE FROM log_entry WHERE "index" = ?', (at,))
        return at

    _, bad = place.found(gone, Dice(0))
    assert f"entry {at} is missing" in str(bad)


@pytest.mark.parametrize("size", [SIZE + 1, 10**15])
def test_a_checkpoint_that_nobody_signed_makes_no_export_longer(place: Place, size: int) -> None:
    def forged(rows: sqlite3.Connection, _dice: Dice) -> int:
        (note,) = rows.execute("SELECT note FROM log_checkpoint WHERE size = ?", (SIZE,)).fetchone()
        rows.execute("INSERT INTO log_checkpoint VALUES (?, ?)", (size, note))
        return _edit(rows, 7)

    first, bad = place.found(forged, Dice(0))
    assert (bad.index, bad.exact) == (first, True)


def _edit(rows: sqlite3.Connection, at: int) -> int:
    _set(rows, at, b'{"edited":1}')
    return at


def _row(rows: sqlite3.Connection, at: int) -> bytes:
    (data,) = rows.execute('SELECT entry FROM log_entry WHERE "index" = ?', (at,)).fetchone()
    return bytes(data)


def _set(rows: sqlite3.Connection, at: int, data: bytes) -> None:
    rows.execute('UPDATE log_entry SET entry = ? WHERE "index" = ?', (data, at))


def _shift(rows: sqlite3.Connection, after: int, by: int) -> None:
    """Move every row after `after` by one, by way of numbers that nobody has."""
    rows.execute('UPDATE log_entry SET "index" = -"index" - 1 WHERE "index" > ?', (after,))
    rows.execute('UPDATE log_entry SET "index" = -"index" - 1 + ? WHERE "index" < 0', (by,))
