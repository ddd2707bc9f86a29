"""An installation whose log two others watch.

The operator names two witnesses, of whom both must cosign before a permit is issued and before a release is made or
fetched. The auditor's export says so, without asking anybody. When a witness is away nothing of that kind happens, and
the reason says why. When the operator puts an older database back, nothing starts: the witnesses have seen more.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from spe.audit.verify import BadLog, verify_export
from spe.errors import IntegrityFailure
from spe.wiring.reconcile import reconcile
from tests.builders import CHECKOUT, MILANO, application, patients
from tests.cast import Cast
from tests.under_witnesses import NAMES, keyed, opened, watched
from tests.witnesses import running
from tests.world import Refused


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return keyed(tmp_path / "home")


def test_what_two_witnesses_cosigned_is_proved_offline_and_an_older_database_never_starts(
    home: Path, tmp_path: Path
) -> None:
    with watched(home, tmp_path) as (north, south):
        with opened(home, tmp_path) as world:
            cast = Cast(world)
            cast.given_data(patients())
            permit = cast.given_permit(patients())
            named = cast.auditor.finds(type="witness.named")[0]["data"]
            assert (len(named["witnesses"]), named["needed"]) == (2, 2)
            older = backup(home, tmp_path / "older.db")

            code = cast.given_code(permit)
            cast.researcher.opens(permit, MILANO)
            output = cast.given_approved(cast.given_run(permit, code)["therapy"]["id"])
            release = cast.researcher.asks_release(permit, MILANO, output)
            assert cast.researcher.release(release)["status"] == "released"
            assert cast.researcher.downloads(release)
            export = cast.auditor.exports(tmp_path / "export")
            keys = [one.key.text() for one in (north, south)]
            found = verify_export(export, cast.auditor.key(), witnesses=keys)
            assert [one.witness for one in found.cosigned] == list(NAMES)
        report = reconcile(world.settings, logged=False, clock=world.clock)
        assert [one for tally in report.tallies for one in tally.evidence] == []
        assert not any("witness" in reason for tally in report.tallies for reason in tally.explained)

        shutil.copyfile(older, home / "spe.db")
        with pytest.raises(IntegrityFailure, match="was signed up to"), opened(home, tmp_path):
            pass
        # Who can set the database back can set back what the home remembers; the witnesses they can't.
        (home / "signed.json").unlink()
        with (
            pytest.raises(IntegrityFailure, match="not what was cosigned") as refused,
            opened(home, tmp_path),
        ):
            pass
        assert all(name in str(refused.value) for name in NAMES)
        assert worker(home, tmp_path) == (12, True)
    assert worker(home, tmp_path) == (13, False)


def backup(home: Path, older: Path) -> Path:
    """Back the database up as operators do, while it is in use."""
    with closing(sqlite3.connect(home / "spe.db")) as source, closing(sqlite3.connect(older)) as target:
        source.backup(target)
    return older


def worker(home: Path, tmp_path: Path) -> tuple[int, bool]:
    """Start the worker as an operator does; return its exit code, and whether it says what the witnesses have seen."""
    told = {
        "SPE_HOME": home,
        "SPE_POLICIES": CHECKOUT / "policies",
        "SPE_DEMO": "true",
        "SPE_WITNESSES": tmp_path / "witnesses",
        "SPE_WITNESS_QUORUM": "2",
    }
    ended = subprocess.run(
        [sys.executable, "-m", "spe.cli.main", "worker"],
        cwd=CHECKOUT,
        env={**os.environ, **{name: str(value) for name, value in told.items()}},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    return ended.returncode, "has seen" in ended.stderr


def test_while_a_witness_is_away_no_permit_is_issued_and_nothing_is_released_or_fetched(
    home: Path, tmp_path: Path
) -> None:
    with watched(home, tmp_path) as (_north, south), opened(home, tmp_path, 2_000) as world:
        cast = Cast(world)
        cast.given_data(patients())
        permit = cast.given_permit(patients())
        code = cast.given_code(permit)
        cast.researcher.opens(permit, MILANO)
        output = cast.given_approved(cast.given_run(permit, code)["therapy"]["id"])
        south.kill()
        release = cast.researcher.asks_release(permit, MILANO, output)
        case = cast.researcher.submits(application(patients()))
        cast.committee.opines(case)
        cast.committee.declares(case)
        cast.committee.votes(case)
        cast.committee.decides(case)
        world.tick(2)
        assert cast.researcher.get(f"/releases/{release}")["status"] == "pending"
        assert "permit.issued" not in cast.auditor.types(case)
        with pytest.raises(BadLog, match=r"not cosigned by witness\.example/south"):
            verify_export(
                cast.auditor.exports(tmp_path / "away"), cast.auditor.key(), witnesses=[south.key.text()]
            )

        with running(south.folder, south.key, port=south.port):
            assert cast.researcher.release(release)["status"] == "released"
            assert world.until(lambda: "permit.issued" in cast.auditor.types(case))
            assert cast.researcher.downloads(release)
            export = cast.auditor.exports(tmp_path / "back")
            assert verify_export(export, cast.auditor.key(), witnesses=[south.key.text()]).cosigned

        with pytest.raises(Refused) as refused:
            cast.researcher.downloads(release)
        assert refused.value.status == 503
        assert "not cosigned by enough witnesses in time" in refused.value.problem["detail"]
