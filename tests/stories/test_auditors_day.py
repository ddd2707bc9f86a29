"""An auditor's day: what happened around one permit, from the log alone.

A permit is granted and used. The auditor reads its whole story, narrows it down, and hands it to other systems; nobody
else may, and every look is in the log.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from spe.oversight.formats.fhir import to_fhir
from spe.oversight.formats.ocsf import to_ocsf
from tests.builders import patients
from tests.cast import Cast
from tests.fakes import FixedClock
from tests.voices import ordered, refused
from tests.world import Refused, World, open_world

TUESDAY = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
STORY = (
    "request.submitted",
    "decision.granted",
    "permit.issued",
    "code.registered",
    "code.sealed",
    "run.queued",
    "run.started",
    "run.ended",
    "output.collected",
    "output.checked",
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Open an installation on a working day, in working hours."""
    with open_world(tmp_path_factory.mktemp("installation") / "home", clock=FixedClock(TUESDAY)) as opened:
        yield opened


def test_a_permits_whole_story_is_read_from_the_log(cast: Cast) -> None:
    table = patients()
    cast.given_data(table)
    permit = cast.given_permit(table)
    cast.researcher.opens(permit, table.site)
    cast.world.tick(3)
    outputs = cast.given_run(permit, cast.given_code(permit))
    auditor = cast.auditor

    named = auditor.timeline(permit)
    whole = auditor.finds(about=permit, whole=True)
    assert ordered(STORY, [one["type"] for one in whole])
    assert {one["index"] for one in named} < {one["index"] for one in whole}
    assert any(one["data"].get("output") in {output["id"] for output in outputs.values()} for one in whole)

    runs = auditor.finds(about=permit, whole=True, type="run")
    assert [one["type"] for one in runs] == ["run.queued", "run.started", "run.ended"]
    [queued] = auditor.finds(about=permit, type="run.queued")
    assert queued["who"]["id"] == "anna.ricci"
    assert auditor.finds(type="run.queued", before=queued["at"]) == []
    assert auditor.finds(type="run.queued", since=queued["at"]) == [queued]
    assert queued in auditor.finds(about="anna.ricci", type="run")
    assert {one["who"]["role"] for one in auditor.finds(about=permit, role="worker")} == {"worker"}
    assert {one["who"]["organisation"] for one in auditor.finds(organisation="uni-bologna")} == {
        "uni-bologna"
    }

    for entry in whole:
        assert to_fhir(entry, "o")["id"] == f"log-{entry['index']}"
        assert to_ocsf(entry, "o")["metadata"]["sequence"] == entry["index"]


def test_a_quiet_log_gives_no_hint_and_a_planted_probe_is_found_with_its_entries(cast: Cast) -> None:
    assert cast.auditor.hints() == []
    for at in range(7):
        with pytest.raises(Refused):
            cast.colleague.get(f"/outputs/out-{at}")
    [hint] = cast.auditor.hints()
    assert (hint["code"], hint["id"], hint["count"]) == ("probing", "jonas.weber", 7)
    assert hint["message"].startswith("7 different identifiers were tried in vain")
    tried = {one["index"]: one for one in cast.auditor.finds(about="jonas.weber", type="policy.refused")}
    assert {one["index"] for one in hint["evidence"]} <= set(tried)
    assert {one["data"]["about"] for one in tried.values()} >= {f"out-{at}" for at in range(7)}
    with pytest.raises(Refused) as told:
        cast.researcher.get("/log/hints")
    assert told.value.status == 404


def test_nothing_is_purged_and_a_hold_says_so_too(cast: Cast, world: World) -> None:
    before = world.http.get("/v1/log/head").json()["size"]
    held = cast.operator.post("/holds", about="mi-0001", reason="claim 12 of a patient")["id"]
    with refused("retention_twelve_months", "legal_hold") as stopped:
        cast.operator.post("/log/purge", before="11mo")
    assert stopped.value.status == 403
    with refused("role_missing", "no_grounds"):
        cast.operator.post(f"/holds/{held}/lift", text="over")
    cast.auditor.post(f"/holds/{held}/lift", text="the claim was settled")
    assert [one["status"] for one in cast.auditor.get("/holds")["items"]] == ["lifted"]
    refusals = cast.auditor.finds(type="policy.refused", role="operator")
    assert [one["data"]["gate"] for one in refusals] == ["audit.purge", "audit.hold"]
    assert cast.auditor.types().index("audit.opened") == 0
    assert len(cast.auditor.timeline()) > before
    with pytest.raises(Refused) as hidden:
        cast.researcher.get("/holds")
    assert hidden.value.status == 404


def test_a_subjects_timeline_names_nobody_else_and_holds_digests_only(cast: Cast) -> None:
    table = patients()
    found = cast.auditor.finds(about=table.subjects[0], type="directive")
    assert [one["type"] for one in found] == ["directive.recorded"]
    assert not any(subject in str(found) for subject in table.subjects)
    assert [one["type"] for one in cast.auditor.finds(about="mi-nobody")] == ["audit.read"]


def test_every_look_is_in_the_log_with_its_view_also_a_refused_one(cast: Cast) -> None:
    auditor, before = cast.auditor, len(cast.auditor.finds(type="audit.read"))
    auditor.finds(about="x", type="run")
    looks = auditor.finds(type="audit.read")
    assert len(looks) >= before + 2
    assert {one["data"]["view"] for one in looks} == {"timeline", "hints", "holds"}
    with pytest.raises(Refused) as told:
        cast.researcher.get("/log/timeline", type="no such type")
    assert told.value.status == 404
    denial = auditor.finds(type="policy.refused", role="data_user")[-1]
    assert (denial["who"]["id"], denial["data"]["gate"]) == ("anna.ricci", "audit.read")


@pytest.mark.parametrize(
    "wrong", [{"type": "permt"}, {"role": "boss"}, {"since": "today"}, {"after": "-1"}, {"size": "x"}]
)
def test_a_misspelt_search_is_refused_instead_of_reading_as_an_empty_log(
    cast: Cast, wrong: dict[str, str]
) -> None:
    with pytest.raises(Refused) as told:
        cast.auditor.get("/log/timeline", **wrong)
    assert told.value.status == 400
