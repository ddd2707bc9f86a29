"""Runs every `test_` rule beside the policies in the embedded engine, on the good question of its gate."""

from __future__ import annotations

import tempfile
from collections import Counter
from functools import cache, lru_cache
from pathlib import Path

import pytest

from spe.adapters.policy_files import read_sources
from spe.adapters.policy_gates import QUESTIONS
from spe.adapters.regopy_engine import RegopyEngine, compile_to
from spe.policy.bundle import Bundle, build
from spe.policy.messages import catalogue
from tests.unit.policy.good_questions import good
from tests.unit.policy.rule_tests import OPA_ONLY, SHARED, TESTS, package, rules


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


@pytest.mark.parametrize(("name", "rule"), [one for one in rules() if one[0] != OPA_ONLY])
def test_every_rule_test_passes(name: str, rule: str) -> None:
    gate = SHARED.get(name, name.removeprefix("spe."))
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
