"""What a witness keeps on disk, and that it ends rather than go on from less."""

from __future__ import annotations

from pathlib import Path

import pytest

from spe.crypto.cosignature import CosigningKey
from spe.crypto.note import split_note
from spe.errors import IntegrityFailure, Malformed, SpeError, Unreachable
from spe.witness.folder import WitnessFolder
from tests.unit.witness.growing import KEY, NAME, GrowingLog, made, witness


def test_a_damaged_or_lost_head_ends_the_witness(tmp_path: Path) -> None:
    log = GrowingLog().grow(20)
    witness(tmp_path).add(log.asks(0))
    head = WitnessFolder(tmp_path).logs()[0].path / "head"
    good = head.read_bytes()
    other = CosigningKey(NAME, bytes(32)).cosign(split_note(log.checkpoint())[0], 5).encode()
    for bad in [good[:-1], log.checkpoint().encode(), log.checkpoint().encode() + other, b"\xff", b"x\n"]:
        head.write_bytes(bad)
        with pytest.raises(SpeError):
            witness(tmp_path)
    head.unlink()
    with pytest.raises(IntegrityFailure, match="given up"):
        witness(tmp_path)


def test_a_folder_is_one_witness_with_one_name_and_one_process(tmp_path: Path) -> None:
    folder = made(tmp_path)
    first = folder.public()
    assert made(tmp_path).public() == first
    with pytest.raises(Malformed):
        folder.make("witness.example/w2", ())
    with folder.alone(), pytest.raises(Unreachable, match="another process"), folder.alone():
        pass
    (tmp_path / "witness.key").chmod(0o644)
    with pytest.raises(Unreachable):
        folder.key()


@pytest.mark.parametrize("name", ["", "two words", "plus+sign", "line\nfeed"])
def test_a_name_that_no_line_can_carry_makes_nothing(tmp_path: Path, name: str) -> None:
    with pytest.raises(Malformed):
        WitnessFolder(tmp_path / "w").make(name, (KEY.public,))
    assert list((tmp_path / "w").iterdir()) == []
