"""kill -9 of the worker at step after step of one office's work, over the same installation, until it comes to its end."""

from __future__ import annotations

import hashlib
import multiprocessing
from collections import Counter
from pathlib import Path

import pytest

from spe.audit.receipts import Receipt
from spe.cohort.model import Cohort, CohortStatus
from spe.output.model import Output, OutputStatus
from spe.permit.model import DataPermit
from spe.release.model import Release, ReleasedTable, ReleaseStatus
from spe.wiring.reconcile import reconcile
from spe.workspace.office import EndingOffice
from tests.attacks.kill_child import one_office, whole
from tests.builders import MILANO, patients
from tests.cast import Cast
from tests.world import settings_for

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.attacks.kill_child"])
_STRIDE = 13


def killed_until_done(home: Path, office: str) -> int:
    """Let the office do its work in processes that die at later and later steps; return how many died."""
    died = 0
    while True:
        process = _CONTEXT.Process(target=one_office, args=(home, office, 1 + died * _STRIDE))
        process.start()
        process.join(60)
        if process.exitcode == 0:
            return died
        assert process.exitcode == -9, process.exitcode
        died += 1


def asked_for(home: Path) -> tuple[str, str]:
    """Bring a table as far as a release that was asked for; return its permit and the release."""
    with whole(home) as world:
        cast = Cast(world)
        (table,) = cast.given_data(patients())
        permit = cast.given_permit(table)
        code = cast.given_code(permit)
        cast.researcher.opens(permit, MILANO)
        output = cast.given_approved(cast.given_run(permit, code)["therapy"]["id"])
        return permit, cast.researcher.asks_release(permit, MILANO, output)


def is_made_once(home: Path, id_: str) -> None:
    with whole(home) as world:
        cast, records = Cast(world), world.worker.offices[0].pep.records  # type: ignore[attr-defined]
        release = records.get(Release, id_).value
        assert release.status is ReleaseStatus.RELEASED
        content = cast.researcher.get(f"/releases/{id_}/content")
        assert hashlib.sha256(content).hexdigest() == release.sha256
        assert len(list(records.each(ReleasedTable, release=id_))) == len(release.files)
        outputs = [records.get(Output, file.output).value for file in release.files]
        assert {output.status for output in outputs} == {OutputStatus.RELEASED}
        assert cast.auditor.types(id_).count("release.made") == 1
        downloaded = cast.researcher.downloads(id_)
        for file in release.files:
            assert hashlib.sha256(downloaded[file.name]).hexdigest() == file.sha256


def revoke(home: Path, permit: str) -> None:
    """Revoke the permit with nobody at work, so that the fact waits."""
    with whole(home) as world:
        cast = Cast(world)
        cast.committee.tells(permit, "hear", "grounds")
        cast.researcher.post(f"/permits/{permit}/reply", text="reply")
        cast.committee.tells(permit, "revoke", "why")


def all_have_heard_once(home: Path, permit: str) -> None:
    with whole(home) as world:
        records = world.worker.offices[0].pep.records  # type: ignore[attr-defined]
        receipts = [stored.value for stored in records.each(Receipt)]
        mine = [one for one in receipts if permit in one.about or permit in one.thing]
        assert {one.holder for one in mine} >= {"workspace", "cohort"}
        answers = Counter((one.fact, one.holder, one.thing) for one in mine)
        assert set(answers.values()) == {1}
        cohorts = [stored.value.status for stored in records.each(Cohort, permit=permit)]
        assert set(cohorts) == {CohortStatus.DESTROYED}
        ending = world.office(EndingOffice)
        world.until(lambda: not ending.pending())
        assert records.get(DataPermit, permit).value.id == permit
        assert not ending.keys.exists(f"permit/{permit}")


@pytest.mark.timeout(300)
def test_killed_at_step_after_step_a_release_is_made_once_and_a_revocation_is_heard_by_all(
    tmp_path: Path,
) -> None:
    home = tmp_path / "home"
    permit, release = asked_for(home)
    assert killed_until_done(home, "ReleaseOffice") > 3
    is_made_once(home, release)
    revoke(home, permit)
    assert killed_until_done(home, "Reactions") > 2
    all_have_heard_once(home, permit)
    report = reconcile(settings_for(home), logged=False)
    assert [one for tally in report.tallies for one in tally.evidence] == []
    assert sum(tally.explained["a process that was cut off, or still runs"] for tally in report.tallies) > 3
