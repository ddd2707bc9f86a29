"""Whoever votes, grants, approves or releases proves a second factor for it; nobody else is asked for one.

The committee votes and grants, two people approve code, two check an output, the researcher asks for its release: each time the
API first answers with a challenge, each time the second factor opens it, and five minutes later it has to be proven again.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.builders import MILANO, THERAPY_TABLE, Table, application, patients, project
from tests.cast import Cast
from tests.voices import refused
from tests.world import World

CHALLENGE = re.compile(
    r'Bearer error="insufficient_user_authentication", error_description="[^"]+", acr_values="second-factor", max_age=300'
)
STORY = ("policy.refused", "identity.signed_in", "decision.voted", "decision.granted", "code.approved_by", "output.reviewed", "release.asked")  # fmt: skip


class Heard:
    """Calls the API with tokens of one kind, and never answers a challenge by itself."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.numbers = iter(range(10_000))

    def token(self, who: str, *, second_factor: bool) -> str:
        secret = (self.world.home / "persona-secret").read_text().strip()
        asked = {"persona": who, "second_factor": second_factor}
        answer = self.world.http.post("/demo/token", json=asked, headers={"X-Persona-Secret": secret})
        return str(answer.json()["token"])

    def post(self, who: str, path: str, /, token: str = "", **said: Any) -> httpx2.Response:
        used = token or self.token(who, second_factor=False)
        headers = {"Authorization": f"Bearer {used}", "Idempotency-Key": f"step-up-{next(self.numbers):06d}"}
        return self.world.http.post(f"/v1{path}", json=said, headers=headers)


@pytest.fixture
def heard(cast: Cast) -> Heard:
    return Heard(cast.world)


@pytest.fixture(scope="module")
def tables(cast: Cast) -> tuple[Table, ...]:
    return cast.given_data(patients())


def challenged(answer: Any) -> None:
    assert answer.status_code == 401, answer.text
    assert CHALLENGE.fullmatch(answer.headers["www-authenticate"])
    problem = answer.json()
    assert problem["type"] == "urn:spe:problem:second-factor-needed"
    assert [reason["code"] for reason in problem["reasons"]] == ["second_factor_needed"]


def test_every_act_that_decides_is_asked_for_a_second_factor(
    cast: Cast, tables: tuple[Table, ...], heard: Heard, tmp_path: Path
) -> None:
    world, committee, researcher = cast.world, cast.committee, cast.researcher
    case = researcher.submits(application(*tables))
    committee.opines(case)
    committee.declares(case)
    voted: dict[str, Any] = {"favour": True, "rationale": "more use than risk"}
    for member in committee.members:
        challenged(heard.post(member.id, f"/cases/{case}/votes", **voted))
    committee.votes(case)
    terms = {"days": 30, "aggregates_only": True}
    for grant in (True, False):
        decided: dict[str, Any] = {"grant": grant, "letter": "Because.", "conditions": terms}
        world.clock.go_on(301)
        challenged(heard.post(committee.chair.id, f"/cases/{case}/decision", **decided))
    committee.decides(case)
    permit = str(world.until(lambda: committee._permit(case)))
    world.tick()

    code = researcher.registers(permit, project(THERAPY_TABLE))
    digest = researcher.get(f"/codes/{code}")["digest"]
    for verb in ("approve", "reject"):
        challenged(heard.post(cast.approvers.first.id, f"/codes/{code}/{verb}", digest=digest))
    cast.approvers.approve(code)

    researcher.opens(permit, MILANO)
    output = cast.given_run(permit, code)["therapy"]["id"]
    researcher.brings(output)
    seen = cast.checkers.first.get(f"/outputs/{output}")["sha256"]
    challenged(heard.post(cast.checkers.first.id, f"/outputs/{output}/reviews", answer="approve", sha256=seen, note=""))  # fmt: skip
    cast.checkers.approve(output)
    asked: dict[str, Any] = {"permit": permit, "site": MILANO.holder, "outputs": [output]}
    challenged(heard.post(researcher.id, "/releases", **asked))
    assert researcher.release(researcher.asks_release(permit, MILANO, output))["status"] == "released"
    cast.auditor.proves(tmp_path / "export", permit, STORY)


def test_a_second_factor_is_good_for_five_minutes(
    cast: Cast, tables: tuple[Table, ...], heard: Heard
) -> None:
    committee, world = cast.committee, cast.world
    case = cast.researcher.submits(application(*tables))
    committee.opines(case)
    committee.declares(case)
    token = heard.token(committee.members[1].id, second_factor=True)
    world.clock.go_on(300)
    voted: dict[str, Any] = {"favour": True, "rationale": "more use than risk"}
    challenged(heard.post(committee.members[1].id, f"/cases/{case}/votes", token=token, **voted))
    token = heard.token(committee.members[1].id, second_factor=True)
    world.clock.go_on(299)
    assert (
        heard.post(committee.members[1].id, f"/cases/{case}/votes", token=token, **voted).status_code == 201
    )


def test_who_may_not_do_it_anyway_is_not_asked_for_a_second_factor(
    cast: Cast, tables: tuple[Table, ...], heard: Heard
) -> None:
    case = cast.researcher.submits(application(*tables))
    stranger = heard.post("oscar.berg", f"/cases/{case}/votes", favour=True, rationale="x")
    assert "www-authenticate" not in stranger.headers
    undeclared = heard.post("elena.russo", f"/cases/{case}/votes", favour=True, rationale="x")
    assert undeclared.status_code == 403
    assert "second_factor_needed" not in undeclared.text
    with refused("conflict_not_declared"):
        cast.committee.votes(case)


def test_a_second_factor_opens_nothing_that_the_role_does_not(
    cast: Cast, tables: tuple[Table, ...], heard: Heard
) -> None:
    case = cast.researcher.submits(application(*tables))
    cast.committee.declares(case)
    token = heard.token("luca.ferrari", second_factor=True)
    answer = heard.post("luca.ferrari", f"/cases/{case}/votes", token=token, favour=True, rationale="x")
    assert answer.status_code in {403, 404}
