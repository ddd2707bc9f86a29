"""A patient has her traces erased: refused while a use holds her or a hold is on, then done, and done for good.

No entry is changed, every proof verifies as before, and nothing that is left tells which entries were about her.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from spe.adapters.subject_keys import SubjectKeyStore
from spe.consent.model import Directive, Erasure, ErasureStatus, subject_name
from spe.subject.office import ErasureOffice
from tests.builders import MADRID, MILANO, Table, patients
from tests.cast import Cast
from tests.voices import refused
from tests.world import Refused

_ITS_OWN = {"subject", "at", "size"}


def erases(cast: Cast, subject: str, ground: str = "b", who: str = MILANO.persona, holder: str = "") -> Any:
    path = f"/holders/{holder or MILANO.holder}/subjects/erasures"
    return cast.world.call(who, "POST", path, json={"subject": subject, "ground": ground})


def report(cast: Cast, subject: str) -> Any:
    path = f"/holders/{MILANO.holder}/subjects/report"
    told = cast.world.call(MILANO.persona, "GET", path, params={"subject": subject})
    looks = [(one["what"], one["organisation"], one["role"]) for one in told.pop("looks")]
    return {**{name: value for name, value in told.items() if name not in _ITS_OWN}, "looks": looks}


def keys(cast: Cast) -> SubjectKeyStore:
    found = cast.world.office(ErasureOffice).keys
    assert isinstance(found, SubjectKeyStore)
    return found


def erasures(cast: Cast) -> list[Erasure]:
    return [stored.value for stored in cast.cohorts.pep.records.each(Erasure)]


@pytest.fixture(scope="module")
def table(cast: Cast) -> Table:
    return cast.given_data(patients())[0]


@pytest.fixture(scope="module")
def permit(cast: Cast, table: Table) -> str:
    return cast.given_permit(table)


@pytest.fixture(scope="module")
def erased(cast: Cast, table: Table, permit: str) -> tuple[str, int]:
    """Let the second patient, on whom a hold was once, withdraw and be erased; return it and the log's size before."""
    subject = table.subjects[1]
    held = cast.operator.post("/holds", about=subject, reason="claim 13")["id"]
    cast.auditor.post(f"/holds/{held}/lift", text="settled")
    cast.holder().records(MILANO, (subject, "withdrawal", "*"))
    cast.world.until(lambda: cast.researcher.cohort(permit, MILANO)["status"] == "current")
    cast.world.tick(2)
    size = len(cast.auditor.timeline())
    ordered = erases(cast, subject)
    cast.world.until(lambda: erasures(cast)[-1].status is ErasureStatus.DONE)
    cast.world.tick(2)
    return str(ordered["id"]), size


def test_while_a_use_by_consent_holds_her_she_withdraws_first(cast: Cast, table: Table, permit: str) -> None:
    with refused("erasure_in_use"):
        erases(cast, table.subjects[0])
    assert erasures(cast) == []
    assert keys(cast).find(subject_name(MILANO.holder, table.subjects[0])) is not None


def test_a_legal_hold_comes_before_an_erasure(cast: Cast, table: Table, permit: str) -> None:
    held = cast.auditor.post("/holds", about=table.subjects[0], reason="claim 12")["id"]
    with refused("erasure_held", "erasure_in_use"):
        erases(cast, table.subjects[0])
    cast.auditor.post(f"/holds/{held}/lift", text="settled")


def test_an_erasure_names_its_ground(cast: Cast, table: Table, permit: str) -> None:
    with refused("erasure_ground_unknown", "erasure_in_use"):
        erases(cast, table.subjects[0], ground="because")


@pytest.mark.parametrize("name", ["giulia.conti", "ruth.keller", "anna.ricci", "mi-nobody", "worker"])
def test_a_member_of_staff_can_not_be_erased_and_reads_like_nobody(
    cast: Cast, permit: str, name: str
) -> None:
    before = cast.auditor.timeline(name)
    with pytest.raises(Refused) as told:
        erases(cast, name)
    problem = {key: value for key, value in told.value.problem.items() if key != "correlation"}
    with pytest.raises(Refused) as unknown:
        erases(cast, "mi-someone-else")
    assert problem == {key: value for key, value in unknown.value.problem.items() if key != "correlation"}
    assert told.value.status == 404
    denial = cast.auditor.finds(type="policy.refused", role="data_holder")[-1]
    assert (denial["who"]["id"], denial["data"]["reasons"]) == ("giulia.conti", ["not_found"])
    cast.world.tick()
    assert cast.auditor.timeline(name)[: len(before)] == before


@pytest.mark.parametrize("who", [MADRID.persona, "anna.ricci", "oscar.berg"])
def test_nobody_elses_subject_is_there_to_erase(cast: Cast, table: Table, permit: str, who: str) -> None:
    with pytest.raises(Refused) as told:
        erases(cast, table.subjects[0], who=who)
    assert told.value.status == 404


def test_an_auditor_sees_subjects_but_erases_nobody(cast: Cast, table: Table, permit: str) -> None:
    with refused("role_missing", "no_grounds", "erasure_in_use"):
        erases(cast, table.subjects[0], who="ruth.keller")


def test_the_order_is_in_the_log_before_the_key_goes(cast: Cast, erased: tuple[str, int]) -> None:
    told = [one for one in cast.auditor.timeline(erased[0]) if one["type"].startswith("erasure.")]
    steps = ["erasure.ordered", "erasure.forgotten", "erasure.key_destroyed", "erasure.done"]
    assert [one["type"] for one in told] == steps
    assert told[0]["data"] == {"erasure": erased[0], "holder": MILANO.holder, "ground": "b"}
    counted = told[1]["data"]
    assert (counted["directives"], counted["receipts"], counted["holds"]) == (2, 1, 1)
    assert told[1]["writes"] == [], "rows that go together are named together"


def test_nothing_is_left_of_her_in_any_file_of_the_home(
    cast: Cast, table: Table, erased: tuple[str, int]
) -> None:
    subject = table.subjects[1]
    assert keys(cast).find(subject_name(MILANO.holder, subject)) is None
    assert cast.cohorts.pep.records.find(Directive, subject=subject) == ()
    assert erasures(cast)[-1].subject == ""
    files = [file for file in cast.world.home.rglob("*") if file.is_file()]
    assert {"spe.db", "keys.db"} <= {file.name for file in files}
    for file in files:
        assert subject.encode() not in file.read_bytes(), file.name
    assert any(table.subjects[3].encode() in file.read_bytes() for file in files)


def test_no_entry_is_found_by_her_pseudonym_any_more_and_all_verify(
    cast: Cast, table: Table, erased: tuple[str, int], tmp_path: Path
) -> None:
    subject = table.subjects[1]
    found = cast.auditor.finds(about=f"{MILANO.holder}/{subject}")
    assert {one["type"] for one in found} <= {"audit.read"}, "only looks since"
    assert all(one["index"] > erased[1] for one in found)
    assert cast.auditor.verifies(cast.auditor.exports(tmp_path / "log")).size > erased[1]


def test_she_reads_like_somebody_unknown(cast: Cast, table: Table, erased: tuple[str, int]) -> None:
    assert report(cast, table.subjects[1]) == report(cast, "mi-unknown")


def test_she_stays_out_of_every_cohort_and_no_line_brings_her_back(
    cast: Cast, table: Table, permit: str, erased: tuple[str, int]
) -> None:
    subject = table.subjects[1]
    answer = cast.holder().records(MILANO, (subject, "consent", "e"), (table.subjects[2], "consent", "*"))
    assert answer["taken"] == 1
    assert answer["refused"] == [{"line": 2, "reason": "the subject was erased and stays out of every use"}]
    cast.world.until(lambda: cast.researcher.cohort(permit, MILANO)["status"] == "current")
    cast.world.tick()
    key = f"{permit}.{MILANO.holder}"
    assert not cast.cohorts.holds(key, cast.cohort_rows(key), subject)
    assert cast.cohorts.holds(key, cast.cohort_rows(key), table.subjects[2])


def test_others_are_still_found_and_told(
    cast: Cast, table: Table, permit: str, erased: tuple[str, int]
) -> None:
    told = report(cast, table.subjects[3])
    assert [one["permit"] for one in told["uses"]] == [permit]
    assert told["directives"][0]["entry"] >= 0
    assert table.subjects[1] not in json.dumps(told)


def test_erasing_again_removes_what_later_looks_left(
    cast: Cast, table: Table, erased: tuple[str, int]
) -> None:
    subject = table.subjects[1]
    cast.auditor.finds(about=f"{MILANO.holder}/{subject}")
    assert keys(cast).find(subject_name(MILANO.holder, subject)) is not None
    erases(cast, subject)
    cast.world.until(lambda: erasures(cast)[-1].status is ErasureStatus.DONE)
    assert keys(cast).find(subject_name(MILANO.holder, subject)) is None
