from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

import pytest

from spe.adapters.policy_files import read_sources
from spe.adapters.policy_gates import QUESTIONS
from spe.adapters.regopy_engine import EngineMaker, RegopyEngine
from spe.policy.bundle import build
from spe.policy.judge import Known, judge
from spe.policy.messages import catalogue
from spe.policy.model import Question, Verdict
from spe.policy.profiles import OBLIGATIONS
from spe.policy.shapes import shape
from tests.unit.policy.good_questions import GOOD, good

GATES = sorted(GOOD)


@cache
def engine() -> tuple[EngineMaker, RegopyEngine, Known]:
    sources = read_sources()
    bundle = build(sources, QUESTIONS)
    maker = EngineMaker(bundle)
    return maker, maker.make(), Known(bundle.digest, frozenset(catalogue(sources)), OBLIGATIONS)


def ask(document: Any, gate: str) -> Verdict:
    _, asked, known = engine()
    return judge(asked.ask(document), gate, known)


def places(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every node below `value`; of a list only the first item, so that one of each shape is spoilt."""
    children: list[tuple[str | int, Any]] = []
    if isinstance(value, dict):
        children = list(value.items())
    elif isinstance(value, list):
        children = list(enumerate(value[:1]))
    for key, child in children:
        yield (*path, key)
        yield from places(child, (*path, key))


def parent(document: Any, path: tuple[str | int, ...]) -> Any:
    for key in path[:-1]:
        document = document[key]
    return document


def other_types(value: Any) -> list[Any]:
    kinds: list[Any] = ["x", 1.5, True, [], {}, None]
    return [kind for kind in kinds if type(kind) is not type(value)]


def refused(document: Any, gate: str) -> bool:
    verdict = ask(document, gate)
    return not verdict.allow and {reason.code for reason in verdict.reasons} <= {
        "malformed_question",
        "unknown_gate",
    }


@pytest.mark.parametrize("gate", GATES)
def test_the_good_question_is_allowed(gate: str) -> None:
    verdict = ask(good(gate), gate)
    assert verdict.allow, verdict.reasons


@pytest.mark.parametrize("gate", GATES)
def test_a_question_without_any_one_of_its_fields_is_refused(gate: str) -> None:
    for path in places(good(gate)):
        document = good(gate)
        if isinstance(path[-1], str):
            del parent(document, path)[path[-1]]
            assert not ask(document, gate).allow, path
            assert path == ("gate",) or refused(document, gate), path


@pytest.mark.parametrize("gate", GATES)
def test_a_question_with_any_one_field_of_another_type_is_refused(gate: str) -> None:
    for path in places(good(gate)):
        for value in other_types(parent(good(gate), path)[path[-1]]):
            document = good(gate)
            parent(document, path)[path[-1]] = value
            assert not ask(document, gate).allow, (path, value)
            assert path == ("gate",) or refused(document, gate), (path, value)


@pytest.mark.parametrize("gate", GATES)
def test_a_question_with_a_field_too_many_anywhere_is_refused(gate: str) -> None:
    for path in [(), *places(good(gate))]:
        document = good(gate)
        node = parent(document, (*path, ""))
        if isinstance(node, dict):
            node["more"] = True
            assert refused(document, gate), path


@pytest.mark.parametrize("gate", GATES)
def test_a_question_sent_to_another_gate_is_refused(gate: str) -> None:
    for other in GATES:
        document = copy.deepcopy(good(gate)) | {"gate": other}
        if other != gate and set(good(other)) != set(good(gate)):
            assert not ask(document, other).allow, other


def test_an_unknown_gate_is_refused_by_name() -> None:
    verdict = ask(good("run.stop") | {"gate": "run.fly"}, "run.fly")
    assert [reason.code for reason in verdict.reasons] == ["unknown_gate"]


@pytest.mark.parametrize("document", [{}, {"gate": "run.stop"}, {"gate": None}, {"gate": ["run.stop"]}])
def test_what_is_no_question_is_refused(document: dict[str, Any]) -> None:
    assert not ask(document, "run.stop").allow


def test_a_shape_names_every_path_with_its_kind() -> None:
    nodes = shape(next(kind for kind in QUESTIONS if kind.gate == "request.submit"))
    assert nodes["gate"].words == ("request.submit",)
    assert nodes["now"].kind == "whole"
    assert nodes["request.datasets"].kind == "list"
    assert nodes["request.datasets.*"].kind == "object"
    assert nodes["request.datasets.*.known"].kind == "truth"


def test_a_question_may_not_hold_what_may_be_missing() -> None:
    @dataclass(frozen=True)
    class Vague(Question):
        gate: ClassVar[str] = "x.y"
        perhaps: float

    with pytest.raises(TypeError, match="perhaps"):
        shape(Vague)
