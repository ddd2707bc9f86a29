"""Attack A7: an older backup of the database is put back, as it was or with other entries after it.

Expected: nothing starts, whichever backup it is and whatever was appended to it since.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from spe.errors import IntegrityFailure
from tests.unit.adapters.database.place import change, entry
from tests.unit.worker.witnessed import Here, opened

SEEN = 20


@pytest.mark.parametrize("appended", [0, 1, 7, 40])
def test_every_older_backup_is_detected_whatever_was_appended_to_it(tmp_path: Path, appended: int) -> None:
    detected = 0
    witnesses = (Here(tmp_path / "w1"),)
    with opened(tmp_path / "log", witnesses) as log:
        for size in range(SEEN):
            shutil.copytree(tmp_path / "log", tmp_path / f"at-{size}")
            assert log.grow() == size + 1
        log.cosigning().check(1, 30)
    for size in range(SEEN):
        with opened(tmp_path / f"at-{size}", witnesses) as older:
            if appended:
                older.here.committer.commit(change(entries=(entry("req-other"),) * appended))
                older.signer.sign()
            with pytest.raises(IntegrityFailure, match="not what was cosigned"):
                older.cosigning().check(1, 30)
            detected += 1
    assert detected == SEEN
    print(f"A7 {detected} of {SEEN} older databases detected, {appended} entries appended to each")
