"""Two people look, blind; a release is exactly what both saw.

They agree: it is released. They disagree over an exception, which needs its reasons in writing: a third settles it. A question goes back to
the researcher and is answered. A byte that changes on disk between approval and release stops the release, and so does a second
release that would differ from the first by one person.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders import GRADE_TABLE, MILANO, THERAPY_TABLE, Table, patients, project
from tests.cast import Cast
from tests.voices import refused

STORY = (
    "output.checked",
    "output.submitted",
    "output.reviewed",
    "policy.refused",
    "output.reviewed",
    "release.asked",
    "release.stopped",
    "release.asked",
    "release.made",
    "directive.recorded",
    "cohort.built",
    "output.checked",
    "release.asked",
    "release.stopped",
)


@pytest.fixture(scope="module")
def table(cast: Cast) -> Table:
    return cast.given_data(patients())[0]


@pytest.fixture(scope="module")
def permit(cast: Cast, table: Table) -> str:
    permit = cast.given_permit(table)
    cast.researcher.opens(permit, MILANO)
    return permit


@pytest.fixture(scope="module")
def code(cast: Cast, permit: str) -> str:
    return cast.given_code(permit, project(THERAPY_TABLE, GRADE_TABLE))


def test_disagreement_goes_to_a_third(cast: Cast, permit: str, code: str) -> None:
    researcher, checkers = cast.researcher, cast.checkers
    stopped = cast.given_run(permit, code)["grade"]["id"]
    researcher.brings(stopped, "Few cells; nobody is known.")
    with refused("stopped_by_findings", "stopped_by_findings"):
        checkers.answers(checkers.first, stopped, "approve")
    assert checkers.answers(checkers.first, stopped, "ask", "Why three grades?") == "returned"
    researcher.post(f"/outputs/{stopped}/answer", text="To compare with the published table.")
    with refused("review_text_missing"):
        checkers.answers(checkers.first, stopped, "except")
    assert checkers.answers(checkers.first, stopped, "except", "Old, published rows.") == "in_review"
    with refused("already_reviewed"):
        checkers.answers(checkers.first, stopped, "except", "Once more.")
    assert checkers.second.get(f"/outputs/{stopped}")["reviews"] == []
    assert checkers.answers(checkers.second, stopped, "reject", "Under ten is under ten.") == "reconciling"
    assert checkers.answers(checkers.third, stopped, "reject", "I agree with the second.") == "rejected"
    with refused("output_not_approved", "checkers_missing"):
        researcher.asks_release(permit, MILANO, stopped)


def test_what_leaves_is_what_was_seen_and_never_differs_by_a_few(
    cast: Cast, table: Table, permit: str, code: str, tmp_path: Path
) -> None:
    researcher, checkers = cast.researcher, cast.checkers
    output = cast.given_run(permit, code)["therapy"]["id"]
    researcher.brings(output)
    checkers.answers(checkers.first, output, "approve")
    assert checkers.second.get(f"/outputs/{output}")["reviews"] == []
    with refused("bytes_differ"):
        checkers.second.post(f"/outputs/{output}/reviews", answer="approve", sha256="0" * 64, note="")
    assert checkers.answers(checkers.second, output, "approve") == "approved"

    with cast.world.tampered(f"output/{output}"):
        swapped = researcher.asks_release(permit, MILANO, output)
        assert researcher.release(swapped)["reasons"] == ["bytes_not_approved"]
    release = researcher.asks_release(permit, MILANO, output)
    assert researcher.release(release)["status"] == "released"

    cast.holder().records(MILANO, (table.subjects[0], "withdrawal", "*"))
    cast.world.tick(2)
    second = cast.given_approved(cast.given_run(permit, code)["therapy"]["id"])
    differing = researcher.release(researcher.asks_release(permit, MILANO, second))
    assert (differing["status"], differing["reasons"]) == ("stopped", ["differs_by_few"])
    cast.auditor.proves(tmp_path, permit, STORY)
