"""A patient withdraws her consent while her data are in use, under a consortium's permit.

One run is in progress, one table is approved and its release has been asked for. The holder records the withdrawal: the run stops,
the pending table and its release are held, go back to the checks and don't leave; the cohort is built anew without
her. Every holder of her data answers with a signed receipt, which she, her hospital and the auditor may see. The researcher hears
only that a holder stopped the run, and goes on with the people who are left.
"""

from __future__ import annotations

from pathlib import Path

from spe.crypto.note import parse_public_key
from spe.crypto.signing import StatementKind
from spe.crypto.statements import Signed, check
from tests.builders import BERLIN, MILANO, patients
from tests.cast import Cast
from tests.voices import refused

STORY = (
    "directive.recorded",
    "permit.issued",
    "cohort.built",
    "run.started",
    "release.asked",
    "directive.recorded",
    "run.ended",
    "release.held",
    "output.held",
    "cohort.outdated",
    "reaction.receipt",
    "reaction.handed_on",
    "cohort.built",
    "release.stopped",
)


def test_a_withdrawal_stops_what_runs_holds_what_waits_and_is_answered_by_all(
    cast: Cast, tmp_path: Path
) -> None:
    world, researcher, (table,) = cast.world, cast.researcher, cast.given_data(patients())
    subject = table.subjects[17]
    permit = cast.given_permit(table)
    code = cast.given_code(permit)
    researcher.opens(permit, MILANO)
    output = cast.given_approved(cast.given_run(permit, code)["therapy"]["id"])
    slow = researcher.starts(permit, MILANO, code, seconds=60)
    world.until(lambda: researcher.hears(slow)["state"] == "running")
    release = researcher.asks_release(permit, MILANO, output)

    cast.holder().records(MILANO, (subject, "withdrawal", "e"))
    world.tick()

    heard = researcher.hears(slow)
    assert heard["state"] == "stopped_by_holder"
    assert set(heard) == {"id", "permit", "site", "kind", "code", "state"}
    receipts = cast.auditor.receipts(MILANO, subject)
    assert {(one["holder"], one["action"]) for one in receipts} == {
        ("run", "stopped"),
        ("release", "held"),
        ("output", "held"),
        ("cohort", "removed"),
    }
    key = parse_public_key(cast.auditor.key("receipt"))
    for one in receipts:
        fields = check(Signed(one["statement"], one["signature"]), key, StatementKind.RECEIPT)
        assert fields["action"] == one["action"]

    assert researcher.release(release)["status"] == "stopped"
    assert researcher.release(release)["reasons"] == ["checkers_missing", "output_not_approved"]
    with refused("not_released"):
        researcher.get(f"/releases/{release}/content")
    rebuilt = cast.holder().cohort(permit, MILANO)
    assert (rebuilt["subjects"], rebuilt["excluded"]) == (len(table.subjects) - 1, 1)
    assert researcher.cohort(permit, MILANO)["excluded"] == "<10"
    assert cast.given_run(permit, code)["therapy"]["status"] == "passed"
    cast.auditor.proves(tmp_path, permit, STORY)


def test_receipts_are_for_the_subjects_holder_and_the_auditor(cast: Cast) -> None:
    subject = patients().subjects[17]
    about = f"{MILANO.holder}/{subject}"
    assert cast.holder().get("/receipts", about=about)["items"] == cast.auditor.receipts(MILANO, subject)
    for other in (cast.researcher, cast.holder(BERLIN), cast.committee.chair, cast.checkers.first):
        with refused("not-found"):
            other.get("/receipts", about=about)
