"""The answer to a COMMIT is lost: what was committed is there with its bytes, though at first nobody can say so."""

from __future__ import annotations

import pytest

from spe.adapters.database.committer import DatabaseCommitter
from spe.audit.change import Change
from spe.audit.events.catalogue import DatasetDelivered
from spe.audit.events.release import ReleaseMade
from spe.errors import NotKnownYet
from tests.builders import MILANO, patients
from tests.cast import Cast


def test_a_delivery_and_a_release_keep_their_bytes(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    lost, commit = {DatasetDelivered, ReleaseMade}, DatabaseCommitter.commit

    def unheard(self: DatabaseCommitter, change: Change) -> int:
        index = commit(self, change)
        if (now := {type(entry.event) for entry in change.entries} & lost) != set():
            lost.difference_update(now)
            raise NotKnownYet("the answer is lost")
        return index

    monkeypatch.setattr(DatabaseCommitter, "commit", unheard)
    cast.given_data(patients())
    assert lost == {ReleaseMade}
    permit = cast.given_permit(patients())
    code = cast.given_code(permit)
    cast.researcher.opens(permit, MILANO)
    output = cast.given_approved(cast.given_run(permit, code)["therapy"]["id"])
    release = cast.researcher.asks_release(permit, MILANO, output)
    assert cast.researcher.release(release)["status"] == "released"
    assert lost == set()
    assert set(cast.researcher.downloads(release)) >= {"therapy.csv"}
