"""What every decision point does, whatever engine is behind it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from spe.adapters.policy_point import MOST_AT_ONCE, PolicyPoint, embedded_point
from spe.errors import Malformed, Unreachable
from spe.policy.model import DecisionPoint, Question
from spe.request import questions as request
from tests.services.opa_point import served_point
from tests.unit.policy.good_questions import GOOD, NOW, ROSA


def _embedded(_: Path) -> AbstractContextManager[PolicyPoint]:
    return closing(embedded_point(deadline=20.0))


COLUMNS = [
    pytest.param(_embedded, id="embedded"),
    pytest.param(served_point, id="opa", marks=pytest.mark.services),
]


@dataclass(frozen=True, slots=True)
class Unwritable(Question):
    """A question of a type that the shape of its gate has nothing of."""

    gate: ClassVar[str] = "run.stop"
    now: Any


@pytest.fixture(scope="module", params=COLUMNS)
def point(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PolicyPoint]:
    with request.param(tmp_path_factory.mktemp("point")) as made:
        yield made


@pytest.mark.parametrize("gate", sorted(GOOD))
def test_every_gate_allows_its_good_question_from_the_bundle_in_force(
    point: DecisionPoint, gate: str
) -> None:
    verdict = point.ask(GOOD[gate])
    assert (verdict.gate, verdict.allow, verdict.reasons) == (gate, True, ())
    assert verdict.bundle == point.bundle()


def test_a_denial_names_its_reasons_with_parameters(point: DecisionPoint) -> None:
    draft = GOOD["request.preflight"]
    verdict = point.ask(request.preflight(ROSA, _with(draft, purpose="z"), NOW))
    assert not verdict.allow
    assert ("purpose_unknown", (("purpose", "z"),)) in {
        (reason.code, reason.params) for reason in verdict.reasons
    }


def test_a_draft_is_judged_as_it_will_be_when_submitted(point: DecisionPoint) -> None:
    facts = _with(GOOD["request.submit"], uses=("advertising",), days=0)
    preflight, submit = (
        point.ask(request.preflight(ROSA, facts, NOW)),
        point.ask(request.submit(ROSA, facts, NOW)),
    )
    assert preflight.reasons == submit.reasons != ()


def test_a_question_of_no_gate_is_denied(point: DecisionPoint) -> None:
    @dataclass(frozen=True, slots=True)
    class Fly(Question):
        gate: ClassVar[str] = "run.fly"
        now: int

    assert [reason.code for reason in point.ask(Fly(3)).reasons] == ["unknown_gate"]


def test_a_question_that_can_not_be_written_down_is_denied(point: DecisionPoint) -> None:
    for value in (None, 1.5, {"a": 1}, 2**60, "x" * 3000, "\ud800", ("x",) * 6000):
        assert [reason.code for reason in point.ask(Unwritable(value)).reasons] == ["malformed_question"]


def test_many_ask_at_once_and_each_gets_their_own_answer(point: DecisionPoint) -> None:
    wrong: list[str] = []

    def ask(gate: str) -> None:
        for _ in range(5):
            verdict = point.ask(GOOD[gate])
            if not verdict.allow or verdict.gate != gate:
                wrong.append(f"{gate} {verdict}")

    threads = [threading.Thread(target=ask, args=(gate,)) for gate in list(GOOD)[:8]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_several_questions_are_answered_in_their_order_as_each_would_be_alone(point: DecisionPoint) -> None:
    questions = [*GOOD.values(), request.preflight(ROSA, _with(GOOD["request.preflight"], purpose="z"), NOW)]
    questions = [*questions, Unwritable(None), *reversed(questions)] * 3
    alone = {id(question): point.ask(question) for question in questions[:32]}
    verdicts = point.ask_each(questions)
    assert len(questions) > MOST_AT_ONCE
    assert [verdict.gate for verdict in verdicts] == [question.gate for question in questions]
    for question, verdict in zip(questions[:32], verdicts, strict=False):
        assert verdict == alone[id(question)]
    assert [reason.code for reason in verdicts[31].reasons] == ["malformed_question"]
    assert point.ask_each(()) == ()


def test_what_is_shown_is_what_would_be_decided(point: DecisionPoint) -> None:
    questions = [GOOD["run.stop"], GOOD["record.read"], Unwritable(None), GOOD["run.stop"]]
    expected = point.ask_each(questions)
    assert [verdict.allow for verdict in expected] == [True, True, False, True]
    for _ in range(2):
        assert point.preview(questions) == expected


def test_a_closed_point_denies() -> None:
    made = embedded_point(size=1)
    made.close()
    assert [reason.code for reason in made.ask(GOOD["run.stop"]).reasons] == ["policy_unreachable"]


def test_a_kept_compiled_bundle_answers_the_same(tmp_path: Path) -> None:
    first = embedded_point(cache=tmp_path, size=1)
    second = embedded_point(cache=tmp_path, size=1)
    assert len(list(tmp_path.iterdir())) == 1
    assert first.ask(GOOD["run.start"]) == second.ask(GOOD["run.start"])
    first.close()
    second.close()


def test_missing_policies_are_said_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(Unreachable):
        embedded_point(tmp_path / "nothing")


def test_broken_policies_are_said_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "main.rego").write_text("package spe.main\n\ndecision := {{{\n")
    with pytest.raises((Unreachable, Malformed)):
        embedded_point(tmp_path)


def _with(question: Any, **changes: Any) -> Any:
    return replace(question.request, **changes)
