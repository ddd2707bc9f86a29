from __future__ import annotations

from pathlib import Path

import pytest

from spe.audit.checkpoint import open_checkpoint
from spe.crypto.signing import SigningKey, StatementKind
from spe.errors import Unreachable
from spe.worker.checkpoints import CheckpointSigner, Fence
from tests.unit.adapters.database.place import change, installed

KEY = SigningKey(StatementKind.CHECKPOINT, "test.example/log", bytes(range(32)))


def test_a_checkpoint_is_signed_when_the_log_has_grown_and_only_then(tmp_path: Path) -> None:
    with installed(tmp_path) as here:
        signer = CheckpointSigner(here.log, KEY)
        assert signer.sign() is False
        here.committer.commit(change())
        assert (signer.sign(), signer.sign()) == (True, False)
        here.committer.commit(change())
        assert signer.sign() is True
        signed = {size: open_checkpoint(note, KEY.public) for size, note in here.log.checkpoints().items()}
        assert {size: one.size for size, one in signed.items()} == {1: 1, 2: 2}
        assert signed[2].root == here.log.head().root()


def test_a_second_signer_of_one_head_loses_and_the_first_note_stays(tmp_path: Path) -> None:
    with installed(tmp_path) as here:
        here.committer.commit(change())
        CheckpointSigner(here.log, KEY).sign()
        before = here.log.checkpoints()
        with pytest.raises(Unreachable):
            here.log.keep_checkpoint(1, "another")
        assert here.log.checkpoints() == before


def test_of_two_workers_one_gets_the_fence(tmp_path: Path) -> None:
    first = Fence(tmp_path / "worker.lock")
    with pytest.raises(Unreachable):
        Fence(tmp_path / "worker.lock")
    first.release()
    Fence(tmp_path / "worker.lock").release()
