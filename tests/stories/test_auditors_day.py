"""An auditor's day: what happened around one permit, from the log alone.

A permit is granted and used. The auditor reads its whole story, narrows it down, and hands it to other systems; nobody
else may, and every look is in the log.
"""

from __future__ import annotations

import pytest

from spe.oversight.formats.fhir import to_fhir
from spe.oversight.formats.ocsf import to_ocsf
from tests.builders import patients
from tests.cast import Cast
from tests.voices import ordered
from tests.world import Refused

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
    assert {one["data"]["view"] for one in looks} == {"timeline"}
    with pytest.raises(Refused) as refused:
        cast.researcher.get("/log/timeline", type="no such type")
    assert refused.value.status == 404
    [denial] = auditor.finds(type="policy.refused", role="data_user")
    assert (denial["who"]["id"], denial["data"]["gate"]) == ("anna.ricci", "audit.read")


@pytest.mark.parametrize(
    "wrong", [{"type": "permt"}, {"role": "boss"}, {"since": "today"}, {"after": "-1"}, {"size": "x"}]
)
def test_a_misspelt_search_is_refused_instead_of_reading_as_an_empty_log(
    cast: Cast, wrong: dict[str, str]
) -> None:
    with pytest.raises(Refused) as refused:
        cast.auditor.get("/log/timeline", **wrong)
    assert refused.value.status == 400
