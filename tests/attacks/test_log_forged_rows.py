"""Whoever may write the database and has no key: what stands there is never believed for what it says of itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, insert, select, text, update

from spe.adapters.database.engine import writing
from spe.adapters.database.tables import CHECKPOINT, HEAD, LOG
from spe.audit.cover import NoQuorum, WaitingCover
from spe.audit.merkle import CompactRange
from spe.crypto.signing import SigningKey, StatementKind
from spe.errors import IntegrityFailure, SpeError
from spe.worker.checkpoints import CheckpointSigner
from tests.tampering import unguard
from tests.unit.adapters.database.place import Installed, change, entry, installed

KEY = SigningKey(StatementKind.CHECKPOINT, "test.example/log", bytes(range(32)))
ELSE = SigningKey(StatementKind.CHECKPOINT, "test.example/log", bytes(32))


@pytest.fixture
def signed(tmp_path: Path) -> Iterator[tuple[Installed, CheckpointSigner]]:
    """Return a log of 20 entries with checkpoints at 10 and 20, and its signer, who still runs."""
    with installed(tmp_path) as here:
        signer = CheckpointSigner(here.log, KEY)
        signer.begin()
        for _ in range(2):
            here.committer.commit(change(entries=tuple(entry(f"req-{at}") for at in range(10))))
            signer.sign()
        yield here, signer


def covered(here: Installed, *, witnessed: bool) -> int:
    quorum = NoQuorum(here.log, KEY.public)
    return WaitingCover(here.log, quorum, KEY.public, patience=0.05).cover(witnessed=witnessed)


def by_nobody(connection: Connection) -> None:
    connection.execute(insert(CHECKPOINT), {"size": 10**9, "note": "signed, trust me"})


def by_another_key(connection: Connection) -> None:
    note = connection.scalar(select(CHECKPOINT.c.note).where(CHECKPOINT.c.size == 20))
    forged = str(note).partition("\n\n")[0] + "\n"
    connection.execute(insert(CHECKPOINT), {"size": 10**9, "note": f"{forged}\n{ELSE.sign_note(forged)}"})


def under_a_larger_size(connection: Connection) -> None:
    connection.execute(update(CHECKPOINT).where(CHECKPOINT.c.size == 20).values(size=10**9))


def over_entries_that_were_replaced(connection: Connection) -> None:
    """Take back what was signed last, with its entries, and keep its checkpoint for what comes instead."""
    kept = [bytes(raw) for raw in connection.scalars(select(LOG.c.entry).where(LOG.c.index < 15))]
    tree = CompactRange()
    for raw in kept:
        tree = tree.append_entry(raw)
    unguard(connection)
    connection.execute(delete(LOG).where(LOG.c.index >= 15))
    connection.execute(update(HEAD), {"size": tree.size, "range": tree.serialise()})


@pytest.mark.parametrize("witnessed", [False, True])
@pytest.mark.parametrize(
    "forge", [by_nobody, by_another_key, under_a_larger_size, over_entries_that_were_replaced]
)
def test_nothing_is_covered_by_a_checkpoint_that_only_stands_there(
    signed: tuple[Installed, CheckpointSigner], forge: Callable[[Connection], None], witnessed: bool
) -> None:
    here, signer = signed
    with writing(here.engine) as connection:
        forge(connection)
    here.committer.commit(change())
    with pytest.raises(IntegrityFailure):
        covered(here, witnessed=witnessed)
    with pytest.raises(IntegrityFailure):
        signer.sign()


def test_what_the_signer_signed_it_never_signs_again_with_another_end(
    signed: tuple[Installed, CheckpointSigner],
) -> None:
    here, signer = signed
    with writing(here.engine) as connection:
        over_entries_that_were_replaced(connection)
        connection.execute(delete(CHECKPOINT).where(CHECKPOINT.c.size == 20))
    here.committer.commit(change(entries=(entry("req-other"),) * 9))
    with pytest.raises(IntegrityFailure, match="is gone"):
        signer.sign()
    assert list(here.log.checkpoints()) == [10]


@pytest.mark.parametrize(
    "mangle", ["range = x'00'", "range = x''", "size = size + 1", "size = -1", "range = zeroblob(96)"]
)
def test_a_mangled_head_is_an_integrity_failure_for_whoever_writes_reads_or_signs(
    signed: tuple[Installed, CheckpointSigner], mangle: str
) -> None:
    here, signer = signed
    with writing(here.engine) as connection:
        connection.execute(text(f"UPDATE log_head SET {mangle}"))
    for act in (signer.sign, here.log.head, lambda: here.committer.commit(change())):
        with pytest.raises(IntegrityFailure):
            act()


def test_under_two_heads_nothing_is_signed_or_covered(signed: tuple[Installed, CheckpointSigner]) -> None:
    here, signer = signed
    with writing(here.engine) as connection:
        connection.execute(text("INSERT INTO log_head SELECT 2, size, range FROM log_head"))
    here.committer.commit(change())
    for act in (signer.sign, here.log.head, lambda: covered(here, witnessed=False)):
        with pytest.raises(SpeError):
            act()
    assert max(here.log.checkpoints()) == 20
