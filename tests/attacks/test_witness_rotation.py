"""The checkpoint key is not changed on a database that witnesses know to be older, and a changed one must be told to them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from spe.audit.proof import proof_text
from spe.audit.verify_proof import check_proof
from spe.crypto.signing import StatementKind
from spe.errors import IntegrityFailure, Unreachable
from spe.wiring.witnesses import read_witnesses
from spe.worker.rotation import rotate
from spe.worker.watched import hold_to_witnesses, watched
from tests.unit.oversight.honest import ACTS, Honest, honest
from tests.unit.witness.growing import NAME
from tests.witnesses import Running, made, running

KIND = StatementKind.CHECKPOINT


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Honest]:
    with honest(tmp_path) as opened:
        rests(opened)
        works(opened)
        yield opened


def rests(here: Honest) -> None:
    here.close()
    here.close = lambda: None


def works(here: Honest) -> None:
    here.start()
    for act in ACTS:
        act(here)
    here.signs()
    rests(here)


@contextmanager
def witness_of(here: Honest, folder: Path) -> Iterator[Running]:
    """Have one witness that knows the log's key of now, among others, and must cosign."""
    key = made(folder, NAME, here.home.signing.public(KIND))
    with running(folder, key) as witness:
        named = folder.with_suffix(".txt")
        named.write_text(f"{key.text()} {witness.url}\n")
        here.settings = replace(here.settings, witnesses=str(named), witness_quorum=1)
        yield witness


def asks(here: Honest) -> None:
    """Show the witness what is there, as a worker does before it signs."""
    witnesses = read_witnesses(here.settings)
    cosigning = watched(here.log, here.home.signing.signer(KIND), witnesses)
    try:
        hold_to_witnesses(cosigning, witnesses)
    finally:
        cosigning.close()


def test_on_an_older_database_the_key_is_not_changed(here: Honest, tmp_path: Path) -> None:
    database, older = here.settings.home / "spe.db", tmp_path / "older.db"
    shutil.copyfile(database, older)
    works(here)
    with witness_of(here, tmp_path / "w1"):
        asks(here)
        newer = database.read_bytes()
        shutil.copyfile(older, database)
        before = here.home.signing.public(KIND)
        with pytest.raises(IntegrityFailure, match="not what was cosigned"):
            rotate(here.settings, here.clock)
        assert here.home.signing.public(KIND) == before
        assert here.home.signing.next_signer(KIND) is None
        database.write_bytes(newer)
        assert rotate(here.settings, here.clock).old == before.text()
    with pytest.raises(Unreachable, match="did not answer"):
        rotate(here.settings, here.clock)


class _Killed(BaseException):
    """The process ends here."""


def killed(*_: object) -> None:
    raise _Killed


def test_a_change_that_was_cut_off_is_not_finished_on_an_older_database(
    here: Honest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, older = here.settings.home / "spe.db", tmp_path / "older.db"
    shutil.copyfile(database, older)
    works(here)
    with witness_of(here, tmp_path / "w1"):
        asks(here)
        with monkeypatch.context() as cut:
            cut.setattr("spe.worker.rotation.handed_over", killed)
            with pytest.raises(_Killed):
                rotate(here.settings, here.clock)
        before, newer = here.home.signing.public(KIND), database.read_bytes()
        assert here.home.signing.next_signer(KIND) is not None
        shutil.copyfile(older, database)
        for _ in range(2):
            with pytest.raises(IntegrityFailure, match="not what was cosigned"):
                rotate(here.settings, here.clock)
            assert here.home.signing.public(KIND) == before
        database.write_bytes(newer)
        assert rotate(here.settings, here.clock).old == before.text()


def test_a_witness_cosigns_under_the_new_key_once_it_was_told_and_proofs_are_by_the_new_key(
    here: Honest, tmp_path: Path
) -> None:
    with witness_of(here, tmp_path / "w1") as witness:
        asks(here)
        done = rotate(here.settings, here.clock)
        asks(here)
        works(here)
        with pytest.raises(Unreachable, match="another key of this log"):
            asks(here)
        # Nothing of the new key is cosigned: a proof is by the new key all the same, not by the cosigned former one.
        assert check_proof(proof_text(here.log, 3).encode(), done.new).index == 3
    with witness_of(here, tmp_path / "w1"):
        asks(here)
        found = check_proof(proof_text(here.log, 3).encode(), done.new, [witness.key.text()])
        assert [one.witness for one in found.cosigned] == [NAME]
