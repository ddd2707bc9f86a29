from __future__ import annotations

from importlib import import_module

from spe.adapters.policy_files import read_sources
from spe.adapters.policy_gates import QUESTIONS
from spe.adapters.policy_pages import pages
from spe.policy.messages import catalogue
from spe.policy.model import Question
from spe.policy.profiles import OBLIGATIONS, PROFILES
from spe.policy.source_check import check_sources
from tests.shape.tree import ROOT


def test_the_policies_keep_the_house_rules() -> None:
    assert check_sources(read_sources()) == []


def test_every_question_type_of_every_stage_has_its_gate_in_the_list() -> None:
    for path in sorted((ROOT / "spe").glob("*/questions.py")):
        import_module(f"spe.{path.parent.name}.questions")
    written = {kind.gate for kind in Question.__subclasses__() if kind.__module__.startswith("spe.")}
    assert {question.gate for question in QUESTIONS} == written


def test_every_gate_is_dispatched_in_main() -> None:
    main = read_sources()["spe/main.rego"].decode()
    assert [
        question.gate for question in QUESTIONS if f'if input.gate == "{question.gate}"' not in main
    ] == []


def test_every_profile_belongs_to_a_gate() -> None:
    assert set(PROFILES) <= {question.gate for question in QUESTIONS}


def test_obligations_that_spe_fulfils_are_those_that_the_rules_give() -> None:
    texts = catalogue(read_sources())
    assert {code for code, text in texts.items() if text.obligation} == OBLIGATIONS


def test_the_reference_pages_are_what_the_sources_say() -> None:
    stale = [name for name, text in pages().items() if (ROOT / "docs/reference" / name).read_text() != text]
    assert stale == [], "write them anew with `spe policy pages`"
