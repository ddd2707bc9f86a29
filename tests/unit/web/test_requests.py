from __future__ import annotations

import threading
from typing import Any

import pytest

from spe.audit.change import Change
from spe.errors import Reason
from spe.request.model import AccessRequest
from spe.values import to_data
from spe.web.examples import APPLICATION
from tests.unit.web.served import World

DRAFT = to_data(APPLICATION)


def submitted(world: World, key: str = "") -> Any:
    return world.post("/v1/requests", DRAFT, key=key)


def test_a_write_answers_with_id_status_and_index_of_its_entry() -> None:
    world = World()
    answer = submitted(world)
    assert answer.status_code == 201
    assert set(answer.json()) == {"id", "status", "index"}
    assert (answer.json()["status"], answer.json()["index"]) == ("submitted", 0)
    assert world.store.types() == ["request.submitted"]


def test_a_read_is_in_the_log_and_shows_the_record() -> None:
    world = World()
    id_ = submitted(world).json()["id"]
    answer = world.get(f"/v1/requests/{id_}")
    assert answer.json()["application"] == DRAFT
    assert world.store.types()[-1] == "record.read"


def test_a_repeated_call_does_nothing_and_hears_the_same() -> None:
    world = World()
    first, second = submitted(world, "the-same-key"), submitted(world, "the-same-key")
    assert (first.json(), first.status_code) == (second.json(), second.status_code)
    assert world.store.types() == ["request.submitted", "api.answered"]


def test_the_same_key_of_another_person_is_another_call() -> None:
    world = World()
    submitted(world, "the-same-key")
    world.post("/v1/requests", DRAFT, persona="jonas.weber", key="the-same-key")
    assert world.store.types() == ["request.submitted"] * 2


@pytest.mark.parametrize("changed", [{**DRAFT, "title": "Another"}, None])
def test_a_key_that_came_with_another_call_is_refused(changed: Any) -> None:
    world = World()
    id_ = submitted(world, "the-same-key").json()["id"]
    path = "/v1/requests" if changed else f"/v1/requests/{id_}/withdraw"
    answer = world.post(path, changed, key="the-same-key")
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:spe:problem:key-reused")


@pytest.mark.parametrize("key", ["short", "x" * 129, "with space", "a\tb", "schlüssel1"])
def test_a_key_of_another_form_is_refused(key: str) -> None:
    world = World()
    headers: Any = {**world.headers(), "Idempotency-Key": key.encode("latin-1")}
    assert world.client.post("/v1/requests", json=DRAFT, headers=headers).status_code == 400


def test_of_forty_repetitions_at_once_one_acts_and_all_hear_the_same() -> None:
    world, answers = World(), []

    def call() -> None:
        answers.append(submitted(world, "the-same-key"))

    threads = [threading.Thread(target=call) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {(answer.status_code, answer.text) for answer in answers} == {(201, answers[0].text)}
    assert world.store.types().count("request.submitted") == 1


def test_a_repetition_that_loses_the_race_hears_the_winners_answer() -> None:
    world = World()
    id_ = submitted(world).json()["id"]
    raced: list[Any] = []

    def race(_change: Change) -> None:
        world.store.before_commit = None
        raced.append(world.post(f"/v1/requests/{id_}/withdraw", key="the-same-key"))

    world.store.before_commit = race
    answer = world.post(f"/v1/requests/{id_}/withdraw", key="the-same-key")
    assert (answer.status_code, answer.json()) == (200, raced[0].json())


def test_a_refused_call_is_judged_anew_when_it_is_repeated() -> None:
    world = World()
    world.point.refusing["request.submit"] = (Reason("request.no_purpose"),)
    assert submitted(world, "the-same-key").status_code == 403
    world.point.refusing.clear()
    assert submitted(world, "the-same-key").status_code == 201


def test_a_refusal_gives_every_reason_in_the_callers_language() -> None:
    world = World()
    world.point.refusing["request.submit"] = (Reason("a.b"), Reason("c.d"))
    english = submitted(world)
    italian = world.post("/v1/requests", DRAFT, **{"Accept-Language": "de, it;q=0.8, en;q=0.5"})
    assert english.headers["content-type"] == "application/problem+json"
    problem = english.json()
    assert (problem["status"], problem["type"], problem["gate"]) == (
        403,
        "urn:spe:problem:denied",
        "request.submit",
    )
    assert [reason["code"] for reason in problem["reasons"]] == ["a.b", "c.d"]
    assert problem["reasons"][0] == {
        "code": "a.b", "title": "title a.b", "message": "en: a.b", "remedy": "mend it", "reference": "Art. 1"
    }  # fmt: skip
    assert italian.json()["detail"] == "it: a.b it: c.d"
    assert problem["correlation"] == english.headers["x-correlation-id"]
    assert world.store.types() == ["policy.refused"] * 2


def test_a_preflight_answers_without_keeping_anything() -> None:
    world = World()
    world.point.refusing["request.preflight"] = (Reason("request.advertising"),)
    answer = world.post("/v1/requests/preflight", DRAFT)
    assert (answer.status_code, answer.json()["allowed"]) == (200, False)
    assert answer.json()["reasons"][0]["code"] == "request.advertising"
    assert world.store.find(AccessRequest) == ()


def test_what_may_not_be_seen_reads_exactly_like_what_is_not_there() -> None:
    world = World()
    id_ = submitted(world).json()["id"]
    world.point.refusing["record.read"] = (Reason("not_yours"),)
    hidden, missing = (world.get(f"/v1/requests/{one}", persona="nora.lind") for one in (id_, "req-nothing"))
    without = [{k: v for k, v in one.json().items() if k != "correlation"} for one in (hidden, missing)]
    assert without[0] == without[1]
    assert hidden.status_code == missing.status_code == 404
    assert world.store.types()[-2:] == ["policy.refused"] * 2


def test_nothing_succeeds_when_the_log_can_not_be_written() -> None:
    world = World()
    id_ = submitted(world).json()["id"]
    world.store.broken = True
    answers = [submitted(world), world.get(f"/v1/requests/{id_}"), world.post(f"/v1/requests/{id_}/withdraw")]
    assert {answer.status_code for answer in answers} == {503}
    assert all(DRAFT["title"] not in answer.text for answer in answers)
    assert answers[0].headers["retry-after"] == "5"


def test_a_command_that_the_status_does_not_admit_is_a_conflict() -> None:
    world = World()
    id_ = submitted(world).json()["id"]
    world.post(f"/v1/requests/{id_}/withdraw")
    answer = world.post(f"/v1/requests/{id_}/withdraw")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:spe:problem:not-now")


def test_an_unknown_error_tells_the_caller_nothing_but_where_to_ask(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World()

    def broken(_change: Change) -> None:
        raise RuntimeError("Anna Ricci, born 1980")

    world.store.before_commit = broken
    answer = submitted(world)
    printed = "".join(capsys.readouterr())
    assert (answer.status_code, answer.json()["type"]) == (500, "urn:spe:problem:internal")
    assert answer.json()["correlation"] in printed
    assert "RuntimeError" in printed
    assert "Anna" not in answer.text + printed
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_mass_assignment_is_an_unknown_field() -> None:
    world = World()
    for name in ("id", "status", "applicant", "organisation", "submitted"):
        answer = world.post("/v1/requests", {**DRAFT, name: "mine"})
        assert (answer.status_code, name in answer.json()["detail"]) == (400, True)
