"""A patient asks what happened with her data, and is answered through her hospital, in her language.

She consented, a permit used her data, she withdrew. The hospital asks for her; every statement can be held to the log.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from spe.audit.verify_proof import check_proof
from tests.builders import MADRID, MILANO, Table, patients, pseudonym
from tests.cast import Cast
from tests.voices import ordered
from tests.world import Refused


def asks(cast: Cast, subject: str, who: str = "", holder: str = MILANO.holder) -> Any:
    path = f"/holders/{holder}/subjects/report"
    return cast.world.call(who or MILANO.persona, "GET", path, params={"subject": subject})


@pytest.fixture(scope="module")
def table(cast: Cast) -> Table:
    return cast.given_data(patients())[0]


@pytest.fixture(scope="module")
def released(cast: Cast, table: Table) -> tuple[str, str, str]:
    """Let a permit be used up to a download; return it, the run's output and the release."""
    permit = cast.given_permit(table)
    code = cast.given_code(permit)
    cast.researcher.opens(permit, MILANO)
    output = cast.given_approved(cast.given_run(permit, code)["therapy"]["id"])
    release = cast.researcher.asks_release(permit, MILANO, output)
    assert cast.researcher.release(release)["status"] == "released"
    cast.researcher.downloads(release)
    return permit, output, release


@pytest.fixture(scope="module")
def report(cast: Cast, table: Table, released: tuple[str, str, str]) -> Any:
    """Let the first patient withdraw after the release, and ask."""
    cast.holder().records(MILANO, (table.subjects[0], "withdrawal", "*"))
    cast.world.until(lambda: cast.researcher.cohort(released[0], MILANO)["status"] == "current")
    cast.world.tick()
    return asks(cast, table.subjects[0])


def test_she_hears_who_used_her_data_for_what_by_which_law(
    report: Any, released: tuple[str, str, str]
) -> None:
    [use] = report["uses"]
    assert (use["permit"], use["purpose"], use["legal_basis"]) == (released[0], "e", "6(1)(a)")
    assert (use["using"], use["recipients"]) == ("uni-bologna", ["tu-muenchen", "uni-bologna"])
    assert use["certainty"] == "proven"
    assert [one["id"] for one in report["datasets"]] == ["cohort-milano"]


def test_she_hears_what_was_done_in_order(report: Any, released: tuple[str, str, str]) -> None:
    _, output, release = released
    [use] = report["uses"]
    done = [(one["what"], one["thing"]) for one in use["steps"]]
    story = ["permit.issued", "cohort.built", "run.started", "workspace.data_unsealed", "run.ended",
             "output.checked", "output.reviewed", "release.made", "release.downloaded", "cohort.outdated"]  # fmt: skip
    assert ordered(story, [what for what, _ in done])
    assert ("output.checked", output) in done
    assert ("release.made", release) in done


def test_she_hears_how_everybody_answered_her_withdrawal(report: Any) -> None:
    consent, withdrawal = report["directives"]
    assert (consent["kind"], withdrawal["kind"]) == ("consent", "withdrawal")
    assert {one["holder"]: one["action"] for one in withdrawal["answers"]}["cohort"] == "removed"
    assert withdrawal["effective"].endswith("Z")


def test_the_cohort_that_was_built_without_her_is_no_use_of_her_data(cast: Cast, report: Any) -> None:
    built = [one["index"] for one in cast.auditor.finds(type="cohort.built")]
    told = [one["entry"] for one in report["uses"][0]["steps"] if one["what"] == "cohort.built"]
    assert len(built) == 2
    assert told == built[:1]


def test_every_statement_is_an_entry_that_can_be_proven(cast: Cast, report: Any) -> None:
    cast.world.tick()
    parts: list[Any] = [*report["directives"], *report["uses"][0]["steps"], *report["looks"]]
    parts += [answer for one in report["directives"] for answer in one["answers"]]
    for part in parts:
        assert part["entry"] >= 0, part
        text = cast.auditor.get("/log/proof", index=part["entry"])
        entry = json.loads(check_proof(text, cast.auditor.key()).entry)
        assert entry["type"] == part.get("what", entry["type"])


def test_no_member_of_staff_is_named(report: Any) -> None:
    text = json.dumps(report)
    for name in ("anna.ricci", "giulia.conti", "elena.russo", "claire.dubois", "ruth.keller"):
        assert name not in text


def test_who_is_unknown_and_who_is_in_no_use_read_the_same(cast: Cast, table: Table) -> None:
    unused = pseudonym(MILANO.prefix, 10_000)
    other = patients(seed=11)
    assert unused not in table.subjects
    entry = {**other.entry(), "id": "cohort-milano-2"}
    cast.holder().post("/datasets", **entry)
    rows = other.rows[:40]
    renamed = tuple((f"mi-unused-{at}", *row[1:]) for at, row in enumerate(rows))
    cast.holder().send("/datasets/cohort-milano-2/data", Table(MILANO, other.columns, renamed).csv())
    answers = [asks(cast, subject) for subject in ("mi-unused-3", unused)]
    told = [
        {name: value for name, value in one.items() if name not in {"subject", "at", "size", "looks"}}
        for one in answers
    ]
    assert told[0] == told[1]
    assert told[0]["uses"] == []
    assert [len(one["looks"]) for one in answers] == [1, 1]


def test_another_holders_subject_is_not_there_for_anybody(cast: Cast, table: Table) -> None:
    for who, holder in (
        (MADRID.persona, MILANO.holder),
        (MILANO.persona, MADRID.holder),
        ("anna.ricci", MILANO.holder),
    ):
        with pytest.raises(Refused) as refused:
            asks(cast, table.subjects[0], who, holder)
        assert refused.value.status == 404


def test_an_auditor_sees_the_same_and_every_look_is_in_the_log_before_it_is_answered(
    cast: Cast, table: Table, report: Any
) -> None:
    subject = table.subjects[0]
    before = cast.auditor.finds(type="subject.reported")
    seen = asks(cast, subject, "ruth.keller")
    after = cast.auditor.finds(type="subject.reported")
    assert seen["uses"] == report["uses"]
    assert len(after) == len(before) + 1
    assert after[-1]["who"]["id"] == "ruth.keller"
    assert subject not in json.dumps(after)
    assert after[-1] in cast.auditor.finds(about=subject, type="subject")
    assert seen["looks"][-1]["entry"] == after[-1]["index"] < seen["size"]
