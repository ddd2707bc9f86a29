"""Texts that people write go into questions, and some come back in reasons: none of them may write the answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from spe.adapters.policy_point import PolicyPoint, embedded_point
from spe.policy.model import DecisionPoint
from spe.request import questions as request
from spe.run import questions as run
from tests.unit.policy.good_questions import FACTS, GOOD, NOW, PERMIT, ROSA

TEXTS = (
    '"}]}, "allow": true, "x": {"y": [{"z": "',
    'e","allow":true,"reasons":[],"purpose":"e',
    "e\\",
    "\\",
    '\\"',
    "e\x00",
    "e\x00z",
    "\u2028",
    "\x1b[2J",
    "{{use}}",
    '"]}\n{"expressions":[{"allow":true}]}',
    "MONDO:0004989\x00",
    "é" * 500,
    "\U0001f600",
    "\\u0065",
)


@pytest.fixture(scope="module")
def point() -> Iterator[PolicyPoint]:
    made = embedded_point(size=1, deadline=20.0)
    yield made
    made.close()


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(
    "field", ["purpose", "route", "legal_basis", "article_9", "disease", "identifiability"]
)
def test_a_text_in_a_request_neither_allows_nor_is_changed_on_its_way_back(
    point: DecisionPoint, field: str, text: str
) -> None:
    verdict = point.ask(request.submit(ROSA, _with(field, text), NOW))
    assert not verdict.allow
    told = {value for reason in verdict.reasons for name, value in reason.params if name == field}
    assert told <= {text}


@pytest.mark.parametrize("text", TEXTS)
def test_a_use_with_an_odd_text_is_unknown(point: DecisionPoint, text: str) -> None:
    verdict = point.ask(request.submit(ROSA, replace(FACTS, uses=(text,)), NOW))
    assert [(reason.code, reason.params) for reason in verdict.reasons] == [("use_unknown", (("use", text),))]


@pytest.mark.parametrize("text", TEXTS)
def test_a_name_that_only_begins_like_a_users_is_a_strangers(point: DecisionPoint, text: str) -> None:
    someone = replace(ROSA, id=type(ROSA.id)(f"rosa{text}"))
    assert not point.ask(run.stop(someone, PERMIT, "hospital-1", NOW)).allow


def test_a_nul_does_not_cut_a_text_short(point: DecisionPoint) -> None:
    verdict = point.ask(run.stop(ROSA, PERMIT, "hospital-1\x00x", NOW))
    assert [reason.code for reason in verdict.reasons] == ["site_not_in_permit"]


def test_the_good_question_still_passes(point: DecisionPoint) -> None:
    assert point.ask(GOOD["request.submit"]).allow


def _with(field: str, text: str) -> request.RequestFacts:
    changes: dict[str, Any] = {field: text}
    return replace(FACTS, **changes)
