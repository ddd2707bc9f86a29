"""An exported folder gives the same proofs as the log, and none where its files don't fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from spe.audit.cosigned import Witnessed
from spe.audit.exported import ExportedLog
from spe.audit.proof import consistency, proof_text
from spe.audit.verify_proof import check_proof
from spe.errors import IntegrityFailure, Malformed, NotFound
from tests.unit.audit.signed_log import VKEY, checkpoints, exported, write
from tests.unit.audit.stored_tiles import MemoryTiles

ENTRIES = [b'{"n":%d}' % number for number in range(66_000)]


class Signed(MemoryTiles):
    """The same log, stored."""

    def __init__(self, entries: list[bytes], note: str) -> None:
        super().__init__(entries)
        self._latest = (len(entries), note)

    def latest_checkpoint(self) -> tuple[int, str] | None:
        return self._latest

    def cosigned_from(self, size: int) -> tuple[Witnessed, ...]:
        return ()


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 600, 65_536, 66_000])
def test_a_folder_proves_what_the_log_proves(tmp_path: Path, size: int) -> None:
    entries = ENTRIES[:size]
    notes = checkpoints(entries, [])
    folder, stored = ExportedLog(write(tmp_path, exported(entries, notes))), Signed(entries, notes[size])
    for index in {0, 1, 255, 256, size // 2, size - 1} & set(range(size)):
        text = proof_text(folder, index)
        assert text == proof_text(stored, index)
        assert check_proof(text.encode(), VKEY).entry == entries[index]
    for old in {1, 2, 256, size // 2 + 1, size} & set(range(1, size + 1)):
        assert consistency(folder, old, size) == consistency(stored, old, size)
    for wrong in (size, size + 1, 2**40):
        with pytest.raises(NotFound):
            proof_text(folder, wrong)


@pytest.mark.parametrize(
    "path", ["tile/entries/001", "tile/0/001", "tile/1/000.p/2", "tile/entries/002.p/88"]
)
@pytest.mark.parametrize("how", ["flip", "cut", "gone", "longer"])
def test_a_changed_folder_gives_no_proof_through_what_was_changed(
    tmp_path: Path, path: str, how: str
) -> None:
    notes = checkpoints(ENTRIES[:600], [])
    files = exported(ENTRIES[:600], notes)
    good = files[path]
    data = {"flip": bytes([good[0] ^ 1]) + good[1:], "cut": good[:5], "gone": b"", "longer": good + good}[how]
    write(tmp_path, files | {path: data})
    if how == "gone":
        (tmp_path / path).unlink()
    index = {"tile/entries/001": 256, "tile/entries/002.p/88": 512}.get(path, 300)
    if how != "longer" or path == "tile/0/001":
        with pytest.raises(IntegrityFailure):
            proof_text(ExportedLog(tmp_path), index)
        return
    # Bytes behind what was signed take part in nothing; `spe audit verify` is what finds them.
    assert check_proof(proof_text(ExportedLog(tmp_path), index).encode(), VKEY).entry == ENTRIES[index]


def test_a_folder_without_a_checkpoint_is_no_log(tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="no checkpoint"):
        ExportedLog(tmp_path)
    for data in (b"", b"\xff", b"spe.example/checkpoint\n5\n\n\n"):
        (tmp_path / "checkpoint").write_bytes(data)
        with pytest.raises(IntegrityFailure):
            ExportedLog(tmp_path)
