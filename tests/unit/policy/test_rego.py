"""Runs every `test_` rule beside the policies in the embedded engine, on the good question of its gate."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

import pytest

from spe.adapters.policy_files import FOLDER, read_sources
from spe.adapters.policy_gates import QUESTIONS
from spe.adapters.regopy_engine import RegopyEngine, compile_to
from spe.policy.bundle import Bundle, build
from spe.policy.messages import catalogue
from tests.unit.policy.good_questions import good

TESTS: Final = sorted(FOLDER.rglob("*_test.rego"))
_NAME: Final = re.compile(r"^(test_\w+) ", re.MULTILINE)
_SHARED: Final = {
    "spe.main": "run.stop",
    "spe.caller": "run.stop",
    "spe.few": "run.stop",
    "spe.step_up": "decision.decide",
    "spe.permit.standing": "run.stop",
    "spe.request.rules": "request.submit",
    "spe.request.duo": "request.submit",
    "spe.catalogue.duo": "catalogue.register",
}


def package(path: Path) -> str:
    return path.read_text().split("\n", 1)[0].removeprefix("package ").removesuffix("_test")


def rules() -> list[tuple[str, str]]:
    return [(package(path), name) for path in TESTS for name in _NAME.findall(path.read_text())]


@cache
def bundle() -> Bundle:
    return build(read_sources(), QUESTIONS)


@lru_cache(maxsize=1)
def engine(name: str) -> RegopyEngine:
    tests = {path.name: path.read_text() for path in TESTS if package(path) == name}
    entrypoints = [f"{name.replace('.', '/')}_test/{rule}" for of, rule in rules() if of == name]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "policies.rbb"
        compile_to(path, bundle().data(), {**bundle().modules(), **tests}, entrypoints)
        return RegopyEngine(path)


@pytest.mark.parametrize(("name", "rule"), rules())
def test_every_rule_test_passes(name: str, rule: str) -> None:
    gate = _SHARED.get(name, name.removeprefix("spe."))
    assert engine(name).ask(good(gate), f"{name.replace('.', '/')}_test/{rule}") == b"true"


def test_no_two_tests_have_one_name_because_rego_would_take_either() -> None:
    assert [rule for rule, times in Counter(rules()).items() if times > 1] == []


def test_every_code_of_a_rule_is_expected_by_some_test() -> None:
    texts = catalogue(read_sources())
    told = "\n".join(path.read_text() for path in TESTS)
    indirect = {
        "malformed_question",
        "unknown_gate",
        "no_grounds",
        "not_permit_user",
        "not_independent",
        "site_not_in_permit",
        "training_ended",
    }
    ours = {code for code, text in texts.items() if text.where.endswith(".rego")}
    assert {code for code in ours - indirect if f'"{code}"' not in told} == set()
