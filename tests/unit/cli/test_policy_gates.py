from __future__ import annotations

from spe.adapters.policy_gates import QUESTIONS
from tests.unit.cli.typed import Typed


def test_five_gates_are_listed_each_with_what_is_asked_there(spe: Typed) -> None:
    listed = spe.json("policy", "gates")
    assert list(listed) == ["request", "workspace", "code", "run", "release"]
    assert all(questions and all("?" in text for text in questions.values()) for questions in listed.values())


def test_all_that_policy_is_asked_is_listed_once(spe: Typed) -> None:
    listed = spe.json("policy", "gates", "--all")
    asked = [question for questions in listed.values() for question in questions]
    assert sorted(asked) == sorted(question.gate for question in QUESTIONS)
