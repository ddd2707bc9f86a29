from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import delete, update

from spe.adapters.database.engine import writing
from spe.adapters.database.tables import HEAD, LOG, TILE
from spe.audit.checkpoint import open_checkpoint
from spe.audit.cover import CheckpointState, Fenced, NoQuorum, WaitingCover
from spe.audit.merkle import CompactRange
from spe.audit.tiles import rows_at
from spe.crypto.signing import SigningKey, StatementKind
from spe.errors import IntegrityFailure, Unreachable
from spe.worker.checkpoints import CheckpointSigner, Fence, Signing, SigningCover
from tests.tampering import unguard
from tests.unit.adapters.database.place import Installed, change, entry, installed

KEY = SigningKey(StatementKind.CHECKPOINT, "test.example/log", bytes(range(32)))


@contextmanager
def signed_log(folder: Path) -> Iterator[tuple[Installed, CheckpointSigner]]:
    """Have an installation whose signer has begun."""
    with installed(folder) as here:
        signer = CheckpointSigner(here.log, KEY)
        signer.begin()
        yield here, signer


def grow(here: Installed, count: int) -> None:
    """Append `count` entries."""
    for _ in range(count // 500):
        here.committer.commit(change(entries=(entry(),) * 500))
    if count % 500:
        here.committer.commit(change(entries=(entry(),) * (count % 500)))


def test_a_checkpoint_is_signed_when_the_log_has_grown_and_only_then(tmp_path: Path) -> None:
    with signed_log(tmp_path) as (here, signer):
        assert signer.sign() == 0
        here.committer.commit(change())
        assert (signer.sign(), signer.sign()) == (1, 1)
        here.committer.commit(change())
        assert signer.sign() == 2
        signed = {size: open_checkpoint(note, KEY.public) for size, note in here.log.checkpoints().items()}
        assert {size: one.size for size, one in signed.items()} == {1: 1, 2: 2}
        assert signed[2].root == here.log.head().root()


@pytest.mark.parametrize("steps", [(1, 254, 1, 1), (256,), (511, 2, 1000), (257, 255, 700, 3)])
def test_tiles_are_kept_as_they_fill_and_the_edge_is_found_again_from_them(
    tmp_path: Path, steps: tuple[int, ...]
) -> None:
    with signed_log(tmp_path) as (here, signer):
        for step in steps:
            grow(here, step)
            signer.sign()
        head = here.log.head()
        entries = [raw for _, raw in here.log.entries()]
        for size in (0, 1, 255, 256, 257, head.size):
            if size <= head.size:
                tree = CompactRange()
                for raw in entries[:size]:
                    tree = tree.append_entry(raw)
                assert rows_at(here.log, size).range() == tree
        assert here.log.tile(0, head.size // 256) is None
        assert len(here.log.tile_roots(0, 0, 10**6)) == head.size // 256


def test_a_second_signer_fences_the_first_off(tmp_path: Path) -> None:
    with signed_log(tmp_path) as (here, first):
        here.committer.commit(change())
        second = CheckpointSigner(here.log, KEY)
        second.begin()
        with pytest.raises(Fenced):
            first.sign()
        assert here.log.checkpoints() == {}
        assert second.sign() == 1


def test_of_two_workers_one_gets_the_fence(tmp_path: Path) -> None:
    first = Fence(tmp_path / "worker.lock")
    with pytest.raises(Unreachable):
        Fence(tmp_path / "worker.lock")
    first.release()
    Fence(tmp_path / "worker.lock").release()


CHANGED = {
    "an entry that is signed": (update(LOG).where(LOG.c.index == 298).values(entry=b"{}"), 300),
    "an entry that is not signed yet": (update(LOG).where(LOG.c.index == 305).values(entry=b"{}"), 300),
    "an entry is missing": (delete(LOG).where(LOG.c.index == 309), 300),
    "a signed entry is missing": (delete(LOG).where(LOG.c.index == 299), 300),
    "the head was set back": (update(HEAD).values(size=256, range=bytes(32)), 300),
    "a tile's root": (update(TILE).values(root=bytes(32)), 300),
}


@pytest.mark.parametrize("what", CHANGED)
def test_what_was_changed_behind_the_logs_back_is_never_signed(tmp_path: Path, what: str) -> None:
    statement, size = CHANGED[what]
    with signed_log(tmp_path) as (here, signer):
        grow(here, size)
        signer.sign()
        grow(here, 10)
        with writing(here.engine) as connection:
            unguard(connection)
            connection.execute(statement)
        with pytest.raises(IntegrityFailure):
            signer.sign()
        assert max(here.log.checkpoints()) == size


def test_what_somebody_waits_for_is_signed_and_the_rest_without_being_asked(tmp_path: Path) -> None:
    with installed(tmp_path) as here:
        signing = Signing(CheckpointSigner(here.log, KEY))
        signing.start()
        try:
            here.committer.commit(change())
            waiting = WaitingCover(here.log, NoQuorum(here.log, KEY.public), KEY.public, patience=30)
            assert waiting.cover() == 1
            here.committer.commit(change())
            started = time.monotonic()
            while here.log.checkpoint_state().signed < 2:
                assert time.monotonic() - started < 30
                time.sleep(0.01)
        finally:
            signing.close()


def test_a_checkpoint_is_due_after_256_entries_within_a_second_or_when_somebody_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr("spe.worker.checkpoints.time.monotonic", lambda: now)
    signing = Signing(cast(CheckpointSigner, None))
    assert signing._is_due(CheckpointState(size=5, signed=5, wanted=5)) is False
    assert signing._is_due(CheckpointState(size=6, signed=5, wanted=5)) is False
    now = 100.7
    assert signing._is_due(CheckpointState(size=60, signed=5, wanted=5)) is False
    assert signing._is_due(CheckpointState(size=261, signed=5, wanted=5)) is True
    assert signing._is_due(CheckpointState(size=7, signed=5, wanted=6)) is True
    now = 100.9
    assert signing._is_due(CheckpointState(size=60, signed=5, wanted=5)) is True
    assert signing._is_due(CheckpointState(size=5, signed=5, wanted=5)) is False
    assert signing._is_due(CheckpointState(size=6, signed=5, wanted=5)) is False


def test_where_nobody_signs_nothing_is_covered(tmp_path: Path) -> None:
    with installed(tmp_path) as here:
        here.committer.commit(change())
        with pytest.raises(Unreachable, match="not signed in time"):
            WaitingCover(here.log, NoQuorum(here.log, KEY.public), KEY.public, patience=0.05).cover()


def test_once_the_log_is_not_what_was_signed_the_signer_covers_nothing_any_more(tmp_path: Path) -> None:
    with installed(tmp_path) as here:
        signing = Signing(CheckpointSigner(here.log, KEY))
        here.committer.commit(change())
        signing.start()
        signing.close()
        with writing(here.engine) as connection:
            unguard(connection)
            connection.execute(update(LOG).values(entry=b"{}"))
        here.committer.commit(change())
        cover = SigningCover(signing, WaitingCover(here.log, NoQuorum(here.log, KEY.public), KEY.public))
        for _ in range(2):
            with pytest.raises(IntegrityFailure):
                cover.cover()
        assert isinstance(signing.failure, IntegrityFailure)


def test_of_two_signers_that_race_at_most_one_is_kept_out_and_nothing_forks(tmp_path: Path) -> None:
    with installed(tmp_path) as here:
        refused = 0
        for race in range(100):
            here.committer.commit(change())
            signers = [CheckpointSigner(here.log, KEY) for _ in range(2)]
            failed: list[Exception] = []

            def compete(signer: CheckpointSigner, failed: list[Exception] = failed) -> None:
                try:
                    signer.begin()
                    signer.sign()
                except Unreachable as error:
                    failed.append(error)

            threads = [threading.Thread(target=compete, args=(signer,)) for signer in signers]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            refused += len(failed)
            signed = here.log.checkpoints()
            assert len(failed) < 2
            assert open_checkpoint(signed[race + 1], KEY.public).root == here.log.head().root()
        assert sorted(here.log.checkpoints()) == list(range(1, 101))
