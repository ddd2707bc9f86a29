"""How many witnesses vouch for what is stored."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from spe.adapters.database.engine import writing
from spe.adapters.database.tables import CHECKPOINT, COSIGNATURE, HEAD, LOG
from spe.audit.cosigned import WitnessQuorum
from spe.audit.proof import newest
from spe.crypto.cosignature import CosigningKey, WitnessKey
from spe.crypto.note import split_note
from spe.errors import IntegrityFailure
from tests.tampering import unguard
from tests.unit.adapters.database.place import change, entry
from tests.unit.witness.growing import KEY
from tests.unit.worker.witnessed import Log, opened, two_witnesses


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    with two_witnesses(tmp_path) as here:
        yield here


def test_k_of_n_are_k_different_keys_each_over_what_is_to_be_covered(log: Log) -> None:
    first = log.grow()
    log.cosigner(0).step()
    assert (log.quorum(1).reached(first), log.quorum(2).reached(first)) == (first, None)
    log.cosigner(1).step()
    assert log.quorum(2).reached(first) == first
    second = log.grow()
    assert log.quorum(1).reached(second) is None
    log.cosigner(0).step()
    assert (log.quorum(1).reached(second), log.quorum(2).reached(second)) == (second, None)
    assert log.quorum(2).reached(first) == first
    twice = WitnessKey("another.name", log.witnesses[0].key.raw)
    both = WitnessQuorum(log.here.log, KEY.public, (log.witnesses[0].key, twice), 2)
    line = log.here.log.cosignatures(second)[0]
    log.here.log.keep_cosignature(second, "another.name", line)
    assert both.reached(second) is None


def test_of_lines_that_somebody_put_there_only_true_ones_count(log: Log) -> None:
    first, second = log.grow(), log.grow()
    log.cosigner(0).step()
    (line,) = log.here.log.cosignatures(second)
    kept = log.here.log.checkpoints()
    other = CosigningKey("w1.example", bytes(32)).cosign(split_note(kept[first])[0], int(time.time()))
    for bad in (line, other, "nothing", ""):
        with writing(log.here.engine) as connection:
            connection.execute(delete(COSIGNATURE).where(COSIGNATURE.c.size == first))
        log.here.log.keep_cosignature(first, "w1.example", bad)
        with writing(log.here.engine) as connection:
            connection.execute(delete(COSIGNATURE).where(COSIGNATURE.c.size == second))
        assert log.quorum(1).reached(first) is None


def test_what_was_cosigned_covers_no_other_entries_that_came_in_its_place(log: Log) -> None:
    log.grow(10)
    size = log.grow(10)
    log.cosigner(0).step()
    assert log.quorum(1).reached(size) == size
    with writing(log.here.engine) as connection:
        unguard(connection)
        connection.execute(update(LOG).where(LOG.c.index == 17).values(entry=b"{}"))
    with pytest.raises(IntegrityFailure):
        log.quorum(1).reached(size)


def test_a_checkpoint_of_another_history_that_was_cosigned_covers_nothing_here(
    log: Log, tmp_path: Path
) -> None:
    log.grow(10)
    shutil.copytree(tmp_path / "log", tmp_path / "other")
    with opened(tmp_path / "other", log.witnesses) as other:
        other.here.committer.commit(change(entries=(entry("req-other"),) * 20))
        other.signer.sign()
        other.cosigner(0).step()
        note, (line,) = other.here.log.checkpoints()[30], other.here.log.cosignatures(30)
    log.grow(10)
    with writing(log.here.engine) as connection:
        connection.execute(CHECKPOINT.insert(), {"size": 30, "note": note})
    log.here.log.keep_cosignature(30, "w1.example", line)
    for _ in range(2):
        with pytest.raises(IntegrityFailure):
            log.quorum(1).reached(20)
        log.here.committer.commit(change(entries=(entry("req-more"),) * 15))
    with writing(log.here.engine) as connection:
        connection.execute(update(HEAD).values(size=30))
    with pytest.raises(IntegrityFailure):
        log.quorum(1).reached(20)


def test_what_is_proved_ends_with_the_checkpoint_that_most_witnesses_cosigned(log: Log) -> None:
    first = log.grow(5)
    assert newest(log.here.log, 0) == (first, log.here.log.checkpoints()[first])
    log.cosigner(0).step()
    log.cosigner(1).step()
    second = log.grow()
    log.cosigner(0).step()
    third = log.grow()
    lines = log.here.log.cosignatures(first)
    assert newest(log.here.log, 0) == (first, log.here.log.checkpoints()[first] + "".join(lines))
    assert newest(log.here.log, first + 1)[0] == second
    assert newest(log.here.log, second + 1) == (third, log.here.log.checkpoints()[third])
